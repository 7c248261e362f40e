"""The generated blocks of benchmarks/README.md: each between two comments, replaced by the run that measured it."""

import re
from collections.abc import Sequence

from benchmarks.processes import REPOSITORY

PAGE = REPOSITORY / "benchmarks" / "README.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column to the left, the figures to the right."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def write(name: str, text: str) -> None:
    """Put `text` into the block called `name`. ValueError where the page has no such block."""
    page = PAGE.read_text(encoding="utf-8")
    block = re.compile(rf"(<!-- begin {name}[^\n]*-->\n).*?(<!-- end {name} -->)", re.DOTALL)
    replaced, count = block.subn(lambda found: f"{found[1]}{text.strip()}\n{found[2]}", page)
    if count != 1:
        msg = f"benchmarks/README.md has {count} blocks called {name}"
        raise ValueError(msg)
    PAGE.write_text(replaced, encoding="utf-8")

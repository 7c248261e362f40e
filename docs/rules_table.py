"""The table of rules in the README, written from the registry.

python -m docs.rules_table           write it between its two marks
python -m docs.rules_table --check   change nothing, exit 1 if it is stale
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from elfkit.checks.registry import RULES
from elfkit.checks.rule import RuleSpec

README = Path(__file__).resolve().parents[1] / "README.md"
BEGIN, END = "<!-- rules: written by make rules-table -->", "<!-- end of rules -->"


def table() -> str:
    """Return the table, in Markdown."""
    head = ["| id | name | severity | |", "|---|---|---|---|"]
    return "\n".join([*head, *[row(rule) for rule in RULES]])


def row(rule: RuleSpec) -> str:
    """Return one rule's row: all severities that it may have, the usual one first; "off" if it must be selected."""
    words = dict.fromkeys([rule.severity.word, *[severity.word for severity, _ in rule.severities]])
    words = {"off": None} | words if rule.opt_in else words
    said = rule.documentation.splitlines()[0].removesuffix(".").replace("|", "\\|")
    return f"| {rule.id} | {rule.name} | {', '.join(words)} | {said} |"


def renewed(text: str) -> str:
    """Return the README with the table as it should be."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"README.md lacks {BEGIN} or {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(arguments: list[str] | None = None) -> int:
    """Write the table, or with --check exit 1 if it is stale."""
    parser = argparse.ArgumentParser(prog="python -m docs.rules_table")
    parser.add_argument("--check", action="store_true", help="change nothing, exit 1 if the table is stale")
    check = parser.parse_args(arguments).check
    text = README.read_text(encoding="utf-8")
    wanted = renewed(text)
    if text == wanted:
        return 0
    if check:
        print("README.md: its table of rules is stale, make rules-table writes it again")
        return 1
    README.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

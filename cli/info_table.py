"""The facts of a whole tree for people: a table with one row for each ELF file."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.firmware.tree import Member, Tree
from elfkit_cli.check_text import plural
from elfkit_cli.info_text import STYLES
from elfkit_cli.lines import Line, Span, line
from elfkit_cli.tables import GAP, Cell, shortened, table_lines

HEADER = (
    *("path", "machine", "class", "kind", "float", "libc", "needed", "stack", "relro", "sections"),
    "interpreter",
)
WIDEST_PATH, NARROWEST_PATH = 48, 20
WIDEST_INTERPRETER, NARROWEST_INTERPRETER = 32, 12
ORDERS = {"big": "BE", "little": "LE"}
UNTOLD = "?"  # the header is damaged: nothing else can be read


def tree_lines(tree: Tree, *, verbose: bool, columns: int | None = None) -> Iterator[Line]:
    """Yield a table of the ELF files of a tree; long names are shortened to fit ``columns``, unless ``verbose``."""
    yield line(
        Span(tree.root, "bold"), f": {plural(len(tree.members), 'ELF file')} among {plural(tree.file_count, 'file')}"
    )
    rows = [_cells(member) for member in tree.members]
    if rows:
        yield from table_lines(HEADER, rows if verbose else _fitted(rows, columns))


def _fitted(rows: list[tuple[Cell, ...]], columns: int | None) -> list[tuple[Cell, ...]]:
    """Return the rows with paths and interpreters as short as the other columns make them."""
    path, interpreter = WIDEST_PATH, WIDEST_INTERPRETER
    if columns is not None:
        middle = max(
            [
                sum([len(span.text) for span in spans])
                for spans in table_lines(HEADER[1:-1], [row[1:-1] for row in rows])
            ]
        )
        left = columns - middle - 2 * len(GAP)
        longest = max([len(str(row[-1])) for row in rows])
        interpreter = max(min(left - NARROWEST_PATH, longest), NARROWEST_INTERPRETER)
        path = max(left - interpreter, NARROWEST_PATH)
    return [(shortened(str(row[0]), path), *row[1:-1], shortened(str(row[-1]), interpreter)) for row in rows]


def _cells(member: Member) -> tuple[Cell, ...]:
    facts = member.facts
    if not facts.elf_class.value:
        return (member.path, *[UNTOLD] * (len(HEADER) - 2), "damaged")
    return (
        member.path,
        facts.machine.value,
        f"{facts.elf_class.value} {ORDERS.get(facts.data.value, '')}".rstrip(),
        facts.kind.value.value,
        facts.float_abi.value,
        facts.libc.value,
        str(len(facts.needed.value)),
        _judged("stack", facts.stack.value),
        _judged("relro", facts.relro.value),
        facts.section_headers.value,
        facts.interpreter.value or "-",
    )


def _judged(fact: str, value: str) -> Span:
    return Span(value, STYLES.get((fact, value), ""))

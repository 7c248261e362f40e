"""`elfkit targets`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator

from elfkit.abi.targets import Target, close_names, targets, targets_named
from elfkit_cli import exit_codes
from elfkit_cli.lines import Line, Span, line
from elfkit_cli.output import complain, write_json, write_text
from elfkit_cli.tables import table_lines

SCHEMA = "elfkit.targets/1"


def run(arguments: Namespace) -> int:
    """List the targets, or explain those that are named; return 2 if a name is unknown."""
    found: dict[tuple[str, str], Target] = {}
    complaints: list[Line] = []
    for name in arguments.names:
        named = targets_named(name) or [row for row in targets() if row.name.startswith(name)]
        found |= {(row.system, row.name): row for row in named}
        if not named:
            close = close_names(name)
            complaints.append(
                line(f"elfkit: no target is called {name}", f"; close are {', '.join(close)}" if close else "")
            )
    rows = list(found.values()) if arguments.names else list(targets())
    try:
        _write(rows, arguments, explain=bool(arguments.names) or arguments.verbose)
    finally:
        complain(complaints)
    return exit_codes.UNUSABLE if complaints else exit_codes.CLEAN


def _write(rows: list[Target], arguments: Namespace, *, explain: bool) -> None:
    if arguments.format == "json":
        write_json({"schema": SCHEMA, "targets": [row.to_dict() for row in rows]}, path=arguments.output)
        return
    lines: Iterable[Line] = _explained(rows) if explain else _table(rows)
    if arguments.quiet:
        lines = [line(row.name) for row in rows]
    write_text(lines, path=arguments.output, colour=arguments.color)


def _table(rows: list[Target]) -> Iterator[Line]:
    cells = [(row.system, Span(row.name, "bold"), row.describe(), row.interpreter or "-", str(row.isa)) for row in rows]
    return table_lines(("system", "target", "ABI", "interpreter", "least CPU"), cells)


def _explained(rows: list[Target]) -> Iterator[Line]:
    """Yield each target with everything that is known of it."""
    for number, row in enumerate(rows):
        if number:
            yield line()
        yield line(Span(row.name, "bold"), f"  {row.system}")
        told = {
            "machine": row.describe(),
            "float ABI": row.float_abi,
            "C library": row.libc,
            "interpreter": row.interpreter or "not known",
            "least CPU": str(row.isa) if row.isa.base else "not known, and not judged",
            "note": row.note,
        }
        yield from [line(f"  {name:<12}", text) for name, text in told.items() if text]

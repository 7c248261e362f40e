"""`elfkit symbols` and `elfkit lookup`."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from elfkit.abi.symbols import STB_NAMES, STT_FILE, STT_NAMES, STT_SECTION, STV_NAMES
from elfkit.errors import FormatError, LimitError, ReadError
from elfkit.evidence import Damage, shown_path
from elfkit.image.image import Image, load
from elfkit.tables.symbols import Symbol, SymbolTable, read_symbols
from elfkit_cli import exit_codes
from elfkit_cli.demangle import demangler
from elfkit_cli.limit_arguments import limits_of
from elfkit_cli.lines import Line, Span, line
from elfkit_cli.output import complain, write_json, write_text
from elfkit_cli.symbols_text import letter, versioned

SYMBOLS_SCHEMA, LOOKUP_SCHEMA = "elfkit.symbols/1", "elfkit.lookup/1"
MOST_OF_ODD = 10_000  # symbols shown of a table that no linker wrote


class _Files:
    """The ELF files among the arguments, opened one after the other; complaints about the rest are kept."""

    def __init__(self, arguments: Namespace) -> None:
        self.paths: list[str] = arguments.paths
        self.limits = limits_of(arguments)
        self.complaints: list[Line] = []
        self.unreadable = False
        self.seen = 0

    def __iter__(self) -> Iterator[tuple[str, Image, SymbolTable]]:
        for path in self.paths:
            try:
                with load(path, limits=self.limits) as image:
                    table = read_symbols(image)
                    self.seen += 1
                    yield path, image, table
            except FormatError as error:
                self.complaints.append(line(f"elfkit: {path}: {error.detail}"))
            except ReadError as error:
                self.unreadable = True
                self.complaints.append(line(f"elfkit: {path}: {error.reason}"))

    def exit_code(self, *, found: bool) -> int:
        """Write the complaints; return 2 for what cannot be read, 3 if nothing is ELF, 1 if nothing was found."""
        complain(self.complaints)
        if self.unreadable:
            return exit_codes.UNUSABLE
        if not self.seen:
            return exit_codes.NO_ELF
        return exit_codes.CLEAN if found else exit_codes.FINDINGS


def run_symbols(arguments: Namespace) -> int:
    """List the dynamic symbols of each file."""
    shown = demangler(wanted=arguments.demangle)
    files = _Files(arguments)
    documents: list[dict[str, Any]] = []
    lines: list[Line] = []
    for path, image, table in files:
        rows = [symbol for symbol in _wanted(table, arguments) if symbol.name]
        shown_rows = rows[: MOST_OF_ODD if _is_odd(table) else None]
        left_out, rows = len(rows) - len(shown_rows), shown_rows
        if arguments.format == "json":
            documents.append(_document(path, table, rows) | {"left_out": left_out})
            continue
        width = image.layout.word_size * 2
        if len(arguments.paths) > 1 and not arguments.quiet:
            lines += [line(), line(Span(path, "bold"), ":")]
        told = [symbol for symbol in rows if symbol.type not in (STT_SECTION, STT_FILE)]  # as nm does
        if arguments.quiet:
            lines += [line(versioned(symbol, shown(symbol.name))) for symbol in told]
            continue
        for symbol in told:
            lines.append(_row(image, symbol, shown(symbol.name), width, verbose=arguments.verbose))
        lines += [line(f"... and {left_out:,} more")] if left_out else []
        lines += [line(f"{path}: {anomaly.detail}") for anomaly in table.anomalies]
        if table.count.total is None:
            high = "an unknown number" if table.count.high is None else str(table.count.high)
            lines.append(line(f"{path}: only bounds of the symbol count are known: {table.count.low} to {high}"))
    if arguments.format == "json":
        write_json(documents, path=arguments.output)
    else:
        write_text(lines, path=arguments.output, colour=arguments.color)
    return files.exit_code(found=True)


def _is_odd(table: SymbolTable) -> bool:
    """Return whether names overlap as no linker lets them: then all of them may take more than anybody can read."""
    return any(anomaly.damage is Damage.LIMIT for anomaly in table.anomalies)


def _wanted(table: SymbolTable, arguments: Namespace) -> list[Symbol]:
    if arguments.defined:
        return table.select(table.defined)
    if arguments.undefined:
        return table.select(~table.defined)
    return list(table)


def _row(image: Image, symbol: Symbol, name: str, width: int, *, verbose: bool) -> Line:
    sort = letter(image, symbol)
    place = " " * width if sort in "Uvw" else f"{symbol.value:0{width}x}"
    more = ""
    if verbose:
        kind, bound = (STT_NAMES.get(symbol.type, str(symbol.type)), STB_NAMES.get(symbol.binding, str(symbol.binding)))
        more = f"{symbol.size:>8} {kind:<13} {bound:<14} {STV_NAMES[symbol.visibility]:<13} "
    return line(Span(place, "dim"), f" {sort} {more}", versioned(symbol, name))


def _document(path: str, table: SymbolTable, rows: list[Symbol]) -> dict[str, Any]:
    symbols = [
        {
            "name": symbol.name,
            "version": symbol.version,
            "default": symbol.default,
            "defined": symbol.section != 0,
            "value": symbol.value,
            "size": symbol.size,
            "type": STT_NAMES.get(symbol.type, str(symbol.type)),
            "binding": STB_NAMES.get(symbol.binding, str(symbol.binding)),
            "visibility": STV_NAMES[symbol.visibility],
            "section": symbol.section,
        }
        for symbol in rows
    ]
    anomalies = [anomaly.to_dict() for anomaly in table.anomalies]
    head = {"schema": SYMBOLS_SCHEMA, **shown_path(path)}
    return head | {"count": table.count.to_dict(), "anomalies": anomalies, "symbols": symbols}


def run_lookup(arguments: Namespace) -> int:
    """Say which files define a symbol, all its versions, and how a loader finds it there."""
    files = _Files(arguments)
    documents: list[dict[str, Any]] = []
    lines: list[Line] = []
    for path, _, table in files:
        try:
            rows = [row for row in table.rows_of(arguments.name) if table.defined[row]]
        except LimitError as error:
            files.unreadable = True
            files.complaints.append(line(f"elfkit: {path}: {error}"))
            continue
        lines += _found(path, table, rows, arguments)
        documents += [_definition(path, table, row, arguments.name) for row in rows]
    if arguments.format == "json":
        write_json({"schema": LOOKUP_SCHEMA, "name": arguments.name, "definitions": documents}, path=arguments.output)
    else:
        write_text(lines, path=arguments.output, colour=arguments.color)
        if not documents and files.seen:
            sys.stdout.flush()
            files.complaints.append(line(f"elfkit: no file defines {arguments.name}"))
    return files.exit_code(found=bool(documents))


def _found(path: str, table: SymbolTable, rows: list[int], arguments: Namespace) -> list[Line]:
    """Return what is shown of one file that was searched."""
    if not rows:
        return [line(Span(path, "bold"), ": does not define it")] if arguments.verbose else []
    if arguments.quiet:
        return [line(Span(path, "bold"))]
    return [_told(_definition(path, table, row, arguments.name)) for row in rows]


def _definition(path: str, table: SymbolTable, row: int, name: str) -> dict[str, Any]:
    symbol, place = table[row], table.place(name, row)
    return {
        **shown_path(path),
        "symbol": versioned(symbol, symbol.name),
        "version": symbol.version,
        "default": symbol.default,
        "value": symbol.value,
        "size": symbol.size,
        "type": STT_NAMES.get(symbol.type, str(symbol.type)),
        "binding": STB_NAMES.get(symbol.binding, str(symbol.binding)),
        "index": row,
        "found_by": None if place is None else place._asdict(),
    }


def _told(item: dict[str, Any]) -> Line:
    by = item["found_by"]
    how = f"{by['table']} hash {by['hash']:#010x}, bucket {by['bucket']}, chain place {by['position']}"
    what = f"{item['type']} {item['binding']}, value {item['value']:#x}, {item['size']} bytes"
    return line(Span(item["path"], "bold"), f": {item['symbol']}  ({what}; symbol {item['index']} by {how})")

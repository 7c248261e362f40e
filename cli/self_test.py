"""`elfkit rebuild-sections --self-test`: how much of real tables would be found again."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from elfkit.errors import ElfkitError, FormatError, ReadError
from elfkit.image.image import load
from elfkit.rebuild.self_test import SCHEMA, Compared, Found, SelfTest, self_test
from elfkit_cli import exit_codes
from elfkit_cli.check_text import plural
from elfkit_cli.lines import Line, Span, line
from elfkit_cli.output import complain, write_json, write_text
from elfkit_cli.progress import ProgressLine
from elfkit_cli.rebuild_jobs import begins_like_elf, files_below
from elfkit_cli.tables import Cell, table_lines

ALL = "all sections"
STYLES = {Found.EXACT: "green", Found.MISSING: "yellow", Found.MOVED: "yellow", Found.ALTERED: "yellow"}


class _Tests:
    """The tests of the files so far, and what is to be said of the others."""

    def __init__(self) -> None:
        self.done: list[SelfTest] = []
        self.complaints: list[Line] = []
        self.unusable = False
        self.refused = False

    def look(self, path: str, *, named: bool) -> None:
        """Test one file; one that was found in a tree is passed over where there is no table to test against."""
        try:
            if not named and not begins_like_elf(path, follow=False):
                return
            with load(path) as image:
                self.done.append(self_test(image))
        except ReadError as error:
            self.unusable = self.unusable or named
            self.complaints.append(line(f"elfkit: {path}: {error.reason}"))
        except FormatError as error:
            self.complaints.append(line(f"elfkit: {path}: {error.detail}"))
        except ElfkitError as error:
            self.refused = self.refused or named
            if named:
                self.complaints.append(line(f"elfkit: {error}"))

    def exit_code(self) -> int:
        """Return 2 for what cannot be read, 1 for what has no table to test against, 3 where nothing is ELF."""
        if self.unusable:
            return exit_codes.UNUSABLE
        if self.refused:
            return exit_codes.FINDINGS
        return exit_codes.CLEAN if self.done else exit_codes.NO_ELF


def run(arguments: Namespace) -> int:
    """Test the files, show what was found again, return the exit code."""
    tests = _Tests()
    interrupted = False
    with ProgressLine(quiet=arguments.quiet) as progress:
        try:
            for count, (path, named) in enumerate(files_below(arguments.paths), 1):
                if progress.wanted:
                    progress(count, path)
                tests.look(path, named=named)
        except KeyboardInterrupt:
            interrupted = True
        except ReadError as error:
            tests.unusable = True
            tests.complaints.append(line(f"elfkit: {error}"))
    try:
        if arguments.format == "json":
            write_json(document(tests.done), path=None)
        else:
            write_text(_lines(tests.done, arguments), path=None, colour=arguments.color)
    finally:
        if interrupted:
            tests.complaints.append(line("elfkit: interrupted; this is of what was tested until then"))
        complain(tests.complaints)
    return exit_codes.INTERRUPTED if interrupted else tests.exit_code()


def document(tests: list[SelfTest]) -> dict[str, Any]:
    """Return elfkit.self-test/1: every row of every file, and totals by name."""
    totals = [{"name": name, **_counts(rows)} for name, rows in _by_name(tests).items()]
    return {"schema": SCHEMA, "files": [test.to_dict() for test in tests], "totals": totals}


def _by_name(tests: list[SelfTest]) -> dict[str, list[Compared]]:
    """Return the rows under their names in the order in which these first come, then under ALL."""
    found: dict[str, list[Compared]] = {}
    for test in tests:
        for row in test.rows:
            found.setdefault(row.name, []).append(row)
    return found | {ALL: [row for rows in found.values() for row in rows]}


def _counts(rows: Iterable[Compared]) -> dict[str, int]:
    listed = list(rows)
    counts = Counter(row.found for row in listed)
    real = len(listed) - counts[Found.SURPLUS]
    return {"real": real, **{found.value: counts[found] for found in Found}, "index_kept": _kept(listed)}


def _kept(rows: Iterable[Compared]) -> int:
    return len([row for row in rows if row.index_kept])


def _lines(tests: list[SelfTest], arguments: Namespace) -> Iterator[Line]:
    if not tests:
        return
    if arguments.verbose or len(tests) == 1:
        for test in tests:
            yield from _file_lines(test, verbose=arguments.verbose)
    columns = ("real", *[found.value for found in Found], "index_kept")
    totals = _by_name(tests)
    if arguments.quiet:
        totals = {ALL: totals[ALL]}
    rows: list[tuple[Cell, ...]] = []
    for name, group in totals.items():
        counts = _counts(group)
        rows.append((name, *[counts[column] for column in columns], _share(counts)))
    yield line(Span(plural(len(tests), "file"), "bold"), ": the table was cut off in memory and planned anew")
    yield from table_lines(("section", *[name.replace("_", " ") for name in columns], "exact of real"), rows)


def _share(counts: dict[str, int]) -> str:
    return f"{counts[Found.EXACT.value] / counts['real']:.1%}" if counts["real"] else "-"


def _file_lines(test: SelfTest, *, verbose: bool) -> Iterator[Line]:
    """Yield the rows of a file that are not as they were; ``verbose`` yields all."""
    yield line(Span(test.path, "bold"), ": every row" if verbose else ": rows that are not found again as they were")
    for row in test.rows:
        if row.found is Found.EXACT and not verbose:
            continue
        fields = [(field, _shown(row.planned, field), _shown(row.real, field)) for field in row.differing]
        said = ", ".join([f"{field} {planned} for {real}" for field, planned, real in fields])
        kept = "" if row.index_kept or row.real is None or row.planned is None else "another index"
        told = "; ".join([part for part in (said, kept) if part])
        yield line("  ", Span(f"{row.found.value:<9}", STYLES.get(row.found, "")), f"{row.name:<20} ", told)
    if test.untold:
        names = ", ".join(test.untold)
        yield line("  no bytes of it are loaded: ", names)
    yield line()


def _shown(fields: dict[str, int | str] | None, field: str) -> str:
    value = (fields or {}).get(field, "")
    return value or "none" if isinstance(value, str) else f"{value:#x}"

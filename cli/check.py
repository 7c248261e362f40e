"""`elfkit check`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from typing import Any

from elfkit.checks.check import Interrupted, check, survey
from elfkit.checks.finding import Severity
from elfkit.checks.report import Report, RootSummary
from elfkit.checks.statistics import platforms_dict, statistics_dict
from elfkit.firmware.tree import Progress
from elfkit_cli import exit_codes
from elfkit_cli.check_text import summary_lines
from elfkit_cli.check_views import platforms_lines, statistics_lines, view_lines
from elfkit_cli.job_arguments import jobs_of
from elfkit_cli.limit_arguments import limits_of
from elfkit_cli.lines import Line, line
from elfkit_cli.output import complain, write_json, write_text
from elfkit_cli.progress import ProgressLine


def run(arguments: Namespace) -> int:
    """Check what the arguments name, write the report, return the exit code."""
    interrupted = False
    with ProgressLine(quiet=arguments.quiet) as progress:
        try:
            report = _report(arguments, progress if progress.wanted else None)
        except Interrupted as stop:
            report, interrupted = stop.report, True
    try:
        _write(report, arguments, interrupted=interrupted)
    finally:
        _tell(report, arguments, interrupted=interrupted)
    if interrupted:
        return exit_codes.INTERRUPTED
    return exit_code(report, arguments.fail_on, exit_zero=arguments.exit_zero)


def _report(arguments: Namespace, progress: Progress | None) -> Report:
    paths, root, assumed, target = arguments.paths, arguments.root, arguments.assume_present, arguments.target
    limits, jobs = limits_of(arguments), jobs_of(arguments)
    if arguments.list_platforms:
        return survey(
            *paths,
            root=root,
            assume_present=assumed,
            limits=limits,
            progress=progress,
            target=target,
            exclude=arguments.exclude,
            jobs=jobs,
        )
    return check(
        *paths,
        root=root,
        select=_names(arguments.select),
        ignore=_names(arguments.ignore),
        assume_present=assumed,
        limits=limits,
        progress=progress,
        target=target,
        exclude=arguments.exclude,
        jobs=jobs,
    )


def _names(values: list[str]) -> list[str]:
    return [name for value in values for name in value.split(",") if name.strip()]


def _write(report: Report, arguments: Namespace, *, interrupted: bool) -> None:
    if arguments.format == "json":
        write_json(_document(report, arguments, interrupted=interrupted), path=arguments.output)
    else:
        write_text(_lines(report, arguments, interrupted=interrupted), path=arguments.output, colour=arguments.color)


def _document(report: Report, arguments: Namespace, *, interrupted: bool) -> dict[str, Any]:
    shape: Callable[[Report], dict[str, Any]] = Report.to_dict
    if arguments.statistics:
        shape = statistics_dict
    elif arguments.list_platforms:
        shape = platforms_dict
    document = shape(report)
    if interrupted:
        document["summary"]["interrupted"] = True
    return document


def _lines(report: Report, arguments: Namespace, *, interrupted: bool) -> Iterator[Line]:
    """Yield the view of a report that the arguments ask for."""
    if arguments.list_platforms:
        yield from platforms_lines(report)
        return
    if arguments.statistics:
        yield from statistics_lines(report, interrupted=interrupted)
        return
    yield from view_lines(report, arguments.group_by, verbose=arguments.verbose, quiet=arguments.quiet)
    if not arguments.quiet:
        yield from summary_lines(report, interrupted=interrupted, verbose=arguments.verbose)


def _tell(report: Report, arguments: Namespace, *, interrupted: bool) -> None:
    """Say on standard error what arguments were of no use, and that there was nothing to check."""
    lines = [line(f"elfkit: {skipped.path}: {skipped.reason}") for skipped in (*report.unusable, *report.not_elf)]
    if interrupted:
        lines.append(line("elfkit: interrupted; the report is of what was checked until then"))
    elif not report.elf_files and not lines:
        lines.append(line(f"elfkit: no ELF file in {', '.join(arguments.paths)}"))
    elif report.elf_files:
        lines += [line(f"elfkit: no ELF file in {root.path}") for root in report.roots if root.path and _is_empty(root)]
    if not interrupted:
        lines += [line(f"elfkit: --ignore {entry}: no finding fits it") for entry in report.idle_ignores]
        lines += [
            line(f"elfkit: --assume-present {p}: nothing that is missing fits it") for p in report.idle_assumptions
        ]
        lines += [line(f"elfkit: --exclude {p}: nothing in the root fits it") for p in report.idle_exclusions]
    complain(lines)


def _is_empty(root: RootSummary) -> bool:
    """Return whether nothing in a root was looked at; of single files each that is no ELF file is named."""
    return not root.elf_files and not root.interrupted


def exit_code(report: Report, fail_on: str, *, exit_zero: bool) -> int:
    """Return the exit code of a report: 2 over 1 over 3 over 0."""
    if report.unusable or report.internal_error:
        return exit_codes.UNUSABLE
    if fail_on != "never" and report.at_least(Severity[fail_on.upper()]):
        return exit_codes.CLEAN if exit_zero else exit_codes.FINDINGS
    return exit_codes.CLEAN if report.elf_files else exit_codes.NO_ELF

"""`elfkit check`."""

from __future__ import annotations

import sys
from argparse import Namespace

from elfkit.checks.check import Interrupted, check
from elfkit.checks.finding import Severity
from elfkit.checks.report import Report
from elfkit_cli import exit_codes
from elfkit_cli.check_text import report_lines
from elfkit_cli.lines import line, show
from elfkit_cli.output import write_json, write_text
from elfkit_cli.progress import ProgressLine


def run(arguments: Namespace) -> int:
    """Check what the arguments name, write the report, return the exit code."""
    interrupted = False
    with ProgressLine(quiet=arguments.quiet) as progress:
        try:
            report = check(
                *arguments.paths,
                root=arguments.root,
                select=_names(arguments.select),
                ignore=_names(arguments.ignore),
                progress=progress if progress.wanted else None,
            )
        except Interrupted as stop:
            report, interrupted = stop.report, True
    if arguments.format == "json":
        write_json(report.to_dict(), path=arguments.output)
    else:
        lines = report_lines(report, verbose=arguments.verbose, quiet=arguments.quiet)
        write_text(lines, path=arguments.output, colour=arguments.color)
    _tell(report, arguments)
    if interrupted:
        show([line("elfkit: interrupted; the report is of what was checked until then")], stream=sys.stderr)
        return exit_codes.INTERRUPTED
    return exit_code(report, arguments.fail_on, exit_zero=arguments.exit_zero)


def _names(values: list[str]) -> list[str]:
    return [name for value in values for name in value.split(",") if name.strip()]


def _tell(report: Report, arguments: Namespace) -> None:
    """Say on standard error which arguments could not be used, and that there was nothing to check."""
    lines = [line(f"elfkit: {skipped.path}: {skipped.reason}") for skipped in (*report.unusable, *report.not_elf)]
    if not report.elf_files and not lines:
        lines.append(line(f"elfkit: no ELF file in {', '.join(arguments.paths)}"))
    show(lines, stream=sys.stderr, colour="never")


def exit_code(report: Report, fail_on: str, *, exit_zero: bool) -> int:
    """Return the exit code of a report: 2 over 1 over 3 over 0."""
    if report.unusable or report.internal_error:
        return exit_codes.UNUSABLE
    if fail_on != "never" and report.at_least(Severity[fail_on.upper()]):
        return exit_codes.CLEAN if exit_zero else exit_codes.FINDINGS
    return exit_codes.CLEAN if report.elf_files else exit_codes.NO_ELF

"""`elfkit rebuild-sections`."""

from __future__ import annotations

from argparse import Namespace

from elfkit_cli import exit_codes
from elfkit_cli.lines import Line, line, terminal_columns
from elfkit_cli.output import complain, write_json, write_text
from elfkit_cli.progress import ProgressLine
from elfkit_cli.rebuild_jobs import misuse
from elfkit_cli.rebuild_text import outcome_lines, summary_lines
from elfkit_cli.rebuild_work import Work


def run(arguments: Namespace) -> int:
    """Do what the arguments ask of each file, say what became of it, return the exit code."""
    wrong = misuse(arguments)
    if wrong:
        complain([line(f"elfkit rebuild-sections: {wrong}; see elfkit rebuild-sections --help")])
        return exit_codes.UNUSABLE
    if arguments.self_test:
        from elfkit_cli.self_test import run as run_self_test

        return run_self_test(arguments)
    if arguments.verify == "independent":
        from elfkit.rebuild.independent import judges

        judges()  # now, not at the first file: without them no file can be done
    interrupted = False
    with ProgressLine(quiet=arguments.quiet) as progress:
        work = Work(arguments, progress)
        try:
            for path in arguments.paths:
                work.look(path)
        except KeyboardInterrupt:
            interrupted = True
    try:
        _write(work, arguments, interrupted=interrupted)
    finally:
        if interrupted:
            work.complaints.append(line("elfkit: interrupted; what was written until then is whole"))
        complain(work.complaints)
    return exit_codes.INTERRUPTED if interrupted else work.exit_code()


def _write(work: Work, arguments: Namespace, *, interrupted: bool) -> None:
    if arguments.format == "json":
        write_json([outcome.to_dict() for outcome in work.outcomes], path=None)
        return
    columns = terminal_columns()
    lines: list[Line] = []
    for outcome in work.outcomes:
        lines += outcome_lines(outcome, arguments, columns=columns)
    if work.several and work.outcomes and not arguments.quiet:
        lines += summary_lines(work, interrupted=interrupted, dry_run=arguments.dry_run)
    write_text(lines, path=None, colour=arguments.color)

"""What is caught at the outermost edge of the command, and the exit code it becomes.

Nothing heavy is imported before a command is chosen: --version and --help must be instant.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module

from elfkit.errors import ElfkitError
from elfkit_cli import exit_codes
from elfkit_cli.arguments import build_parser

# the module of each command and its function, which takes the arguments and returns the exit code
COMMANDS = {
    "check": ("elfkit_cli.check", "run"),
    "info": ("elfkit_cli.info", "run"),
    "symbols": ("elfkit_cli.symbols", "run_symbols"),
    "lookup": ("elfkit_cli.symbols", "run_lookup"),
    "deps": ("elfkit_cli.deps", "run"),
    "rebuild-sections": ("elfkit_cli.rebuild", "run"),
    "limits": ("elfkit_cli.limits", "run"),
    "explain": ("elfkit_cli.rules", "run_explain"),
    "targets": ("elfkit_cli.targets", "run"),
    "rules": ("elfkit_cli.rules", "run_rules"),
}


def dispatch(arguments: Namespace) -> int:
    """Run the command that was chosen and return its exit code."""
    module, function = COMMANDS[arguments.command]
    run: Callable[[Namespace], int] = getattr(import_module(module), function)
    return run(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the arguments, run the command, return the exit code; exceptions end here."""
    # numpy's BLAS starts a thread a core for nothing elfkit does: 50 ms of CPU at every start
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if argv is None:
        gc.disable()  # a short-lived process of its own, which makes no cycles worth finding: a tenth of its time
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 gets escapes
    code = _outcome(argv)
    if argv is None:
        _leave(code)
    return code


def _leave(code: int) -> None:
    """End the process now that all is written: to free every fact one by one first takes a twentieth of its time."""
    if sys.gettrace() is None and sys.getprofile() is None:  # coverage and profilers tell at the end what they saw
        os._exit(code)


def _outcome(argv: Sequence[str] | None) -> int:
    try:
        words = sys.argv[1:] if argv is None else argv
        arguments = build_parser(words).parse_args(words)
        return dispatch(arguments)
    except ElfkitError as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except Exception as error:  # a traceback would exit with 1, which means findings
        if os.environ.get("ELFKIT_DEBUG"):
            raise
        return _failed(_defect(error))
    finally:
        _flush()


def _failed(sentence: str) -> int:
    from elfkit_cli.lines import line
    from elfkit_cli.output import complain

    complain([line(f"elfkit: {sentence}")])
    return exit_codes.UNUSABLE


def _defect(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"
    what = f"{type(error).__name__}: {error} at {place}"
    return f"internal error, a defect of elfkit: {what} (ELFKIT_DEBUG=1 shows where it comes from)"


def _flush() -> None:
    """Empty the buffer while failing can still be quiet: --help and --version write through argparse."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        from elfkit_cli.output import silence

        silence(sys.stdout)

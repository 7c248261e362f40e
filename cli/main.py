"""The command line: its arguments, its help, and what is caught at the outermost edge.

Nothing heavy is imported before a command is chosen: --version and --help must be instant.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from elfkit.errors import ElfkitError
from elfkit.version import VERSION
from elfkit_cli import exit_codes

DESCRIPTION = "Says what in firmware will not run, and proves it. For any CPU, from any host, without section headers."

EPILOG = """\
examples:
  elfkit check rootfs/                    what in this unpacked root file system will not run
  elfkit check ./newprog --root rootfs/   would this program start there?
  elfkit check rootfs/ --fail-on warning --format json -o report.json
  elfkit info lib/libfoo.so -v            one file's facts, with the bytes that prove each
  elfkit explain EK201                    what a rule looks for, why, and when it is wrong

exit codes:
  0  clean      1  findings at or above --fail-on      2  an argument could not be used, or an internal error
  3  no ELF file in the input      130  interrupted
"""

CHECK_EPILOG = """\
A directory is taken for the root of a device's file system: absolute links begin there again, nothing outside it
is read. A file is checked by the rules that need no tree; with --root as if it were started in that tree.

examples:
  elfkit check rootfs/
  elfkit check rootfs/ --ignore EK005,exec-stack
  elfkit check rootfs/ --select EK1,EK2 --fail-on warning
  elfkit check build/newprog --root rootfs/
  elfkit check rootfs/ --format json -o report.json --exit-zero
"""

INFO_EPILOG = """\
examples:
  elfkit info /bin/ls
  elfkit info -v vendor/*.so          the bytes that prove each fact
  elfkit info --json vendor/*.so      a list with one object a file
"""

EXPLAIN_EPILOG = """\
examples:
  elfkit explain EK106
  elfkit explain float-abi-mismatch
  elfkit explain EK5                  every rule whose id begins so
"""


def _output_options(parser: argparse.ArgumentParser) -> None:
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to write the result (default: text)"
    )
    formats.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to FILE, which is replaced whole or not at all")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: on a terminal")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, epilog: str = ""
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=text, description=text, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="elfkit", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"elfkit {VERSION}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_check(_command(commands, "check", "check firmware trees and ELF files", CHECK_EPILOG))
    info = _command(commands, "info", "show the facts of ELF files", INFO_EPILOG)
    info.add_argument("paths", nargs="+", metavar="FILE")
    info.add_argument("-v", "--verbose", action="store_true", help="show the bytes that prove each fact")
    _output_options(info)
    explain = _command(commands, "explain", "explain rules", EXPLAIN_EPILOG)
    explain.add_argument("rules", nargs="+", metavar="RULE", help="an id, the beginning of one, or a name")
    _output_options(explain)
    _output_options(_command(commands, "rules", "list all rules"))
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a directory (the root of a device) or an ELF file")
    parser.add_argument("--root", metavar="DIR", help="the tree in which the files named would be started")
    parser.add_argument(
        "--select", action="append", default=[], metavar="IDS", help="only these rules: EK1,EK201,exec-stack"
    )
    parser.add_argument("--ignore", action="append", default=[], metavar="IDS", help="all rules but these")
    levels = ("error", "warning", "note", "never")
    parser.add_argument(
        "--fail-on", choices=levels, default="error", help="exit 1 from this severity on (default: error)"
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 where findings would exit 1")
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", action="store_true", help="two lines a finding, no summary")
    amount.add_argument("-v", "--verbose", action="store_true", help="all evidence, all paths, every step of a search")
    _output_options(parser)


def dispatch(arguments: argparse.Namespace) -> int:
    """Run the command that was chosen and return its exit code."""
    if arguments.command == "check":
        from elfkit_cli.check import run
    elif arguments.command == "info":
        from elfkit_cli.info import run
    elif arguments.command == "explain":
        from elfkit_cli.rules import run_explain as run
    else:
        from elfkit_cli.rules import run_rules as run
    return run(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the arguments, run the command, return the exit code; exceptions end here."""
    # numpy's BLAS starts a thread a core for nothing elfkit does: 50 ms of CPU at every start
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    arguments = build_parser().parse_args(argv)
    try:
        code = dispatch(arguments)
        sys.stdout.flush()
    except ElfkitError as error:
        from elfkit_cli.escape import escape

        sys.stderr.write(f"elfkit: {escape(str(error))}\n")
        return exit_codes.UNUSABLE
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has closed it: nothing more to say, not even at interpreter exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.CLEAN
    return code

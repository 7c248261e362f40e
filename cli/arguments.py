"""The command line's arguments and its help. Nothing heavy is imported: --version and --help must be instant."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple, NoReturn

from elfkit.version import VERSION
from elfkit_cli import exit_codes
from elfkit_cli.deps_arguments import DEPS_EPILOG, add_deps
from elfkit_cli.help_texts import (
    CHECK_EPILOG,
    DESCRIPTION,
    EPILOG,
    EXPLAIN_EPILOG,
    INFO_EPILOG,
    LIMITS_EPILOG,
    LOOKUP_EPILOG,
    RULES_EPILOG,
    SYMBOLS_EPILOG,
    TARGETS_EPILOG,
)
from elfkit_cli.job_arguments import add_jobs
from elfkit_cli.limit_arguments import add_limits
from elfkit_cli.rebuild_arguments import REBUILD_EPILOG, add_rebuild


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence, safe to show whatever the shell's ``*`` put into it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and exit with 2."""
        from elfkit_cli.escape import escape

        self.exit(exit_codes.UNUSABLE, f"{self.prog}: {escape(message)}; see {self.prog} --help\n")


class Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse forgets how far it indents the commands: the help of the longest would begin a line of its own."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)
        self._action_max_length = len("    rebuild-sections")


@cache
def _columns() -> int:
    """Return how wide help may be, as shutil would: argparse asks at each argument, and shutil is long to import."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):
        return 80


def _path(text: str) -> str:
    """Return a path as it was given; an empty one, as an unset variable of a shell leaves it, names nothing."""
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def _ids(text: str) -> str:
    """Return names of rules as they were given; none at all, as an unset variable leaves it, is no choice."""
    if not text.replace(",", "").strip():
        raise argparse.ArgumentTypeError("it names no rule")
    return text


def _amount(parser: argparse.ArgumentParser, *, quiet: str, verbose: str = "") -> None:
    """Add -q, and -v where there is more to show: of a text, JSON is always whole."""
    amount = parser.add_mutually_exclusive_group()
    amount.add_argument("-q", "--quiet", action="store_true", help=quiet)
    if verbose:
        amount.add_argument("-v", "--verbose", action="store_true", help=verbose)


def _format_options(parser: argparse.ArgumentParser) -> None:
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument(
        "--format", choices=("text", "json"), default="text", help="how to write the result (default: text)"
    )
    formats.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="auto is on a terminal, unless NO_COLOR is set (default: auto)",
    )


def _output_options(parser: argparse.ArgumentParser) -> None:
    _format_options(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to FILE, which is replaced whole or not at all; - is standard output",
    )


class Command(NamedTuple):
    """A row of the command line: what it does in a few words, the end of its help, and what adds its arguments."""

    name: str
    text: str
    epilog: str
    add: Callable[[argparse.ArgumentParser], None]


def build_parser(words: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Of commands that are not among ``words`` it knows the name alone: nobody can ask for them, and to add the arguments
    of ten commands takes longer than to read a file.
    """
    parser = Parser(
        prog="elfkit", description=DESCRIPTION, epilog=EPILOG, formatter_class=Formatter, allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"elfkit {VERSION}", help="show the version and exit")
    commands = parser.add_subparsers(prog="elfkit", dest="command", metavar="COMMAND", required=True, title="commands")
    for name, text, epilog, add in COMMANDS:
        description = f"{text[0].upper()}{text[1:]}."
        command = commands.add_parser(
            name, help=text, description=description, epilog=epilog, formatter_class=Formatter, allow_abbrev=False
        )
        if words is None or name in words:
            add(command)
    return parser


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", type=_path, metavar="PATH", help="an ELF file, or a directory for a table of its files"
    )
    add_limits(parser)
    add_jobs(parser)
    _amount(parser, quiet="one line a file", verbose="show the bytes that prove each fact; shorten nothing in tables")
    _output_options(parser)


def _add_lookup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the symbol's name as it is in the file, not demangled")
    parser.add_argument("paths", nargs="+", type=_path, metavar="FILE", help="an ELF file")
    add_limits(parser)
    _amount(parser, quiet="only the names of files that define it", verbose="name the files that do not define it too")
    _output_options(parser)


def _add_deps(parser: argparse.ArgumentParser) -> None:
    add_deps(parser, _path)
    _amount(
        parser,
        quiet="only what is not found",
        verbose="every step of each search; of a tree every program; whole lists",
    )
    _output_options(parser)


def _add_rebuild(parser: argparse.ArgumentParser) -> None:
    add_rebuild(parser, _path)
    add_limits(parser)
    _amount(
        parser,
        quiet="nothing of what went well; of --dry-run the tables alone",
        verbose="show the tables, with the bytes behind each row",
    )
    _format_options(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    _amount(parser, quiet="as --limit takes them: name=value")
    _output_options(parser)


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rules", nargs="+", metavar="RULE", help="an id, the beginning of one, or a name")
    _amount(parser, quiet="the first sentence alone")
    _output_options(parser)


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="a target, or the beginning of some names")
    _amount(parser, quiet="names alone", verbose="explain each")
    _output_options(parser)


def _add_rules(parser: argparse.ArgumentParser) -> None:
    _amount(parser, quiet="ids alone", verbose="with the documentation of each")
    _output_options(parser)


def _add_symbols(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=_path, metavar="FILE", help="an ELF file")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--defined", action="store_true", help="only symbols that the file defines")
    which.add_argument("--undefined", action="store_true", help="only symbols that it needs from others")
    parser.add_argument(
        "--demangle", action="store_true", help="show C++ names readably (pip install elfkit[demangle])"
    )
    add_limits(parser)
    _amount(parser, quiet="names alone", verbose="with size, type, binding and visibility")
    _output_options(parser)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="+", type=_path, metavar="PATH", help="a directory (the root of a device) or an ELF file"
    )
    parser.add_argument("--root", type=_path, metavar="DIR", help="the tree in which the files named would be started")
    parser.add_argument(
        "--target",
        metavar="NAME",
        help="what the device is: mips_24kc, debian:armhf, mips-unknown-linux-musl (default: what PID 1 shows)",
    )
    parser.add_argument(
        "--select", action="append", type=_ids, default=[], metavar="IDS", help="only these rules: EK1,EK201,exec-stack"
    )
    parser.add_argument(
        "--ignore",
        action="append",
        type=_ids,
        default=[],
        metavar="IDS",
        help="all rules but these; RULE:PATH or RULE:PATH:SUBJECT for some of its findings",
    )
    parser.add_argument(
        "--assume-present",
        action="append",
        type=_path,
        default=[],
        metavar="GLOB",
        help="a path in the root, with what is below it, or a library's name, that is there at run time",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        type=_path,
        default=[],
        metavar="GLOB",
        help="a path in the root, or a name, that is left out with what is below it: not read, not judged",
    )
    levels = ("error", "warning", "note", "never")
    parser.add_argument(
        "--fail-on", choices=levels, default="error", help="exit 1 from this severity on (default: error)"
    )
    parser.add_argument("--exit-zero", action="store_true", help="exit 0 where findings would exit 1")
    add_limits(parser)
    add_jobs(parser)
    _add_views(parser)
    _amount(parser, quiet="two lines a finding, no summary", verbose="all evidence, all paths, every step of a search")
    _output_options(parser)


def _add_views(parser: argparse.ArgumentParser) -> None:
    views = parser.add_mutually_exclusive_group()
    views.add_argument("--statistics", action="store_true", help="counts by rule instead of the findings")
    views.add_argument(
        "--group-by",
        choices=("rule", "file", "cause"),
        default="cause",
        metavar="WHAT",
        help="arrange the findings of a text by rule, file or cause (default: cause)",
    )
    views.add_argument("--list-platforms", action="store_true", help="judge nothing: show which platforms there are")


COMMANDS = (
    Command("check", "check firmware trees and ELF files", CHECK_EPILOG, _add_check),
    Command("info", "show the facts of ELF files and trees", INFO_EPILOG, _add_info),
    Command("symbols", "list dynamic symbols", SYMBOLS_EPILOG, _add_symbols),
    Command("lookup", "say which files define a symbol", LOOKUP_EPILOG, _add_lookup),
    Command("deps", "show what programs get from their loaders", DEPS_EPILOG, _add_deps),
    Command("rebuild-sections", "give files section headers again", REBUILD_EPILOG, _add_rebuild),
    Command("limits", "list all limits", LIMITS_EPILOG, _add_limits),
    Command("explain", "explain rules", EXPLAIN_EPILOG, _add_explain),
    Command("targets", "list targets, or explain some", TARGETS_EPILOG, _add_targets),
    Command("rules", "list all rules", RULES_EPILOG, _add_rules),
)

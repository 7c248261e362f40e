"""The arguments of `elfkit rebuild-sections`. Nothing heavy is imported, as in arguments.py, which asks for them."""

from __future__ import annotations

import argparse
from collections.abc import Callable

REBUILD_EPILOG = """\
Program headers and the dynamic section say where most sections were; the
indices in the dynamic symbols say which rows of the table those had. What is
written is read back and verified first; the file appears whole, or not at all.
Files whose section headers are sound are left alone.

A directory is walked: each ELF file in it that needs it is rebuilt, under the
same name below --output-dir. No link is followed; one that leads to a rebuilt
file beside it is made there again.

exit codes: 0 done, or nothing to do; 1 a file was refused or not verified;
2 an argument could not be used; 3 no ELF file in the input.

examples:
  elfkit rebuild-sections libvendor.so -o sdk/libvendor.so
  elfkit rebuild-sections lib/*.so --output-dir sdk/
  elfkit rebuild-sections rootfs/ --output-dir sdk/
  elfkit rebuild-sections --in-place --backup .orig libvendor.so
  elfkit rebuild-sections --dry-run libvendor.so    the table, and why
  elfkit rebuild-sections --self-test /usr/lib/libz.so.1
  elfkit rebuild-sections dump.so --memory-dump 0x7f12a000 -o libvendor.so"""

USAGE = """\
elfkit rebuild-sections FILE -o FILE [options]
       elfkit rebuild-sections PATH [PATH ...] --output-dir DIR [options]
       elfkit rebuild-sections PATH [PATH ...] --in-place [options]
       elfkit rebuild-sections PATH [PATH ...] --dry-run | --self-test"""


def add_rebuild(parser: argparse.ArgumentParser, path: Callable[[str], str]) -> None:
    """Add what the command alone has; ``path`` reads an argument that names a file."""
    parser.usage = USAGE
    parser.add_argument("paths", nargs="+", type=path, metavar="PATH", help="an ELF file, or a directory of them")
    where = parser.add_argument_group("what becomes of it").add_mutually_exclusive_group()
    where.add_argument(
        "-o",
        "--output",
        type=path,
        metavar="FILE",
        help="write FILE, which is replaced whole or not at all; not written if there is nothing to do",
    )
    where.add_argument(
        "--output-dir", type=path, metavar="DIR", help="write below DIR, under the names that files have"
    )
    where.add_argument("--in-place", action="store_true", help="replace each file by the rebuilt one")
    where.add_argument(
        "--self-test",
        action="store_true",
        help="write nothing: cut the table off files that have one, in memory, and show how much of it is found again",
    )
    parser.add_argument("--dry-run", action="store_true", help="write nothing: show the table, and why")
    parser.add_argument("--backup", metavar="SUFFIX", help="with --in-place: keep the old file under its name + SUFFIX")
    _add_choices(parser)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shndx",
        choices=("keep", "rewrite", "off"),
        default="keep",
        help="the section indices in the dynamic symbols: number the table by them, write new ones into the symbols,"
        " or let them be wrong (default: keep)",
    )
    parser.add_argument(
        "--overlay",
        choices=("refuse", "append"),
        default="refuse",
        help="of a file with data behind its last segment: refuse it, or write behind the data (default: refuse)",
    )
    parser.add_argument(
        "--symbols", type=_number, metavar="N", help="there are N dynamic symbols, whatever the file shows"
    )
    parser.add_argument(
        "--memory-dump", type=_number, metavar="BASE", help="the file was dumped from memory, where it lay at BASE"
    )
    parser.add_argument(
        "--verify",
        choices=("own", "independent"),
        default="own",
        help="independent: pyelftools and LIEF must read the same out of the result"
        " (pip install elfkit[verify]; default: own)",
    )


def _number(text: str) -> int:
    """Return a number as C spells it: 4096, 0x1000."""
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number such as 4096 or 0x1000")
    return number

"""The arguments of `elfkit deps`. Nothing heavy is imported, as in arguments.py, which asks for them."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from elfkit_cli.job_arguments import add_jobs

DEPS_EPILOG = """\
Each library is searched for as the loader of the program's own platform does
it, inside the root alone; nothing is executed. A FILE is started in --root, or
in this machine's own tree; of it no more is read than the loader would. A
directory is the root of a device, read as a whole: shown is each library, and
how many files need it; with -v the tree of every program.

LIB is a path in the root, a file's name, or a DT_SONAME. --why shows how each
program comes to need it; --reverse what fails, and what is found instead, if
its file is removed.

exit codes: 0 everything is found; 1 something is not, --why: nothing needs it,
--reverse: something would fail; 2 an argument could not be used; 3 no ELF file.

examples:
  elfkit deps /usr/bin/ssh                  as ldd, and nothing is executed
  elfkit deps rootfs/usr/bin/app --root rootfs/
  elfkit deps rootfs/                       all its libraries
  elfkit deps rootfs/ --why libcrypto.so.1.1
  elfkit deps rootfs/ --reverse usr/lib/libz.so.1
  elfkit deps /usr/bin/ssh --dot -o ssh.dot"""


def add_deps(parser: argparse.ArgumentParser, path: Callable[[str], str]) -> None:
    """Add what the command alone has; ``path`` reads an argument that names a file."""
    parser.add_argument(
        "paths", nargs="+", type=path, metavar="PATH", help="an ELF file, or a directory: the root of a device"
    )
    parser.add_argument("--root", type=path, metavar="DIR", help="the tree in which the files named are started")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--why", type=path, metavar="LIB", help="how programs come to need this library")
    asked.add_argument("--reverse", type=path, metavar="LIB", help="what fails if this library is removed (of a tree)")
    asked.add_argument("--dot", action="store_true", help="a graph for dot(1)")
    add_jobs(parser)

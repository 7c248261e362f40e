"""The directories that a glibc loader was built to search, as its own bytes tell: SYSTEM_DIRS of its makefile.

elf/dl-load.c keeps them as one string, each directory with a slash at its end and a zero behind it. Distributions
differ: Debian has /lib/<triplet> and no /lib64, others /lib64 and no triplet, Entware /opt/lib alone.
"""

from __future__ import annotations

import re

MOST_DIRS = 16
RUN = re.compile(rb"(?:/(?:[\w.+-]{1,64}/){1,16}\0){2,%d}" % MOST_DIRS)


def system_dirs(raw: bytes) -> tuple[str, ...]:
    r"""Return the directories in the bytes of a loader, without the slash at the end; none if they are not there.

    >>> system_dirs(b"\0ld.so\0/lib64/\0/usr/lib64/\0GLIBC")
    ('/lib64', '/usr/lib64')
    """
    for run in RUN.finditer(raw):
        found = [name.rstrip(b"/").decode("ascii") for name in run[0].split(b"\0") if name]
        if all("/lib" in name for name in found):
            return tuple(found)
    return ()

"""The command on a terminal of its own, and what it shows there."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from tests.cli.command import ROOT, Argument, environment


class Screen(NamedTuple):
    """How a run on a terminal ended, and all that was written to it."""

    code: int
    shown: bytes

    @property
    def lines(self) -> list[str]:
        return self.shown.decode().replace("\r\n", "\n").splitlines()


def on_terminal(
    *arguments: Argument,
    columns: int = 80,
    env: Mapping[str, str] | None = None,
    program: Sequence[str] = ("-m", "elfkit_cli"),
) -> Screen:
    """Run the command with a terminal for standard output and standard error."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    child = subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=ROOT,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # EIO: nobody has the other end open any more
        while more := os.read(ours, 65536):
            shown += more
    os.close(ours)
    return Screen(child.wait(timeout=60), shown)

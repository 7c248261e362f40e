"""What the machine may do to a walk: no rights, and calls that would wait for ever."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def alarm(seconds: int = 20) -> Iterator[None]:
    """Whatever still waits after this time fails instead of hanging the suite."""

    def ring(*_: object) -> None:
        msg = f"still waiting after {seconds} seconds"
        raise TimeoutError(msg)

    previous = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


@contextmanager
def without_rights() -> Iterator[None]:
    """As a user whom file modes bind: root becomes nobody until the end of the block."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def public_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="elfkit-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for directory, _, _ in os.walk(folder):
            Path(directory).chmod(0o755)
        shutil.rmtree(folder)

"""A line on standard error that says how far a long run is; only on a terminal, only after a second."""

from __future__ import annotations

import sys
import time

from elfkit_cli.escape import escape

PATIENCE = 1.0  # seconds of silence, and then between two lines a tenth of it
WIDTH = 60


class ProgressLine:
    """Called with a count and a path; a context manager that wipes its line when the work is over."""

    def __init__(self, *, quiet: bool) -> None:
        self._shown = False
        self._next = time.monotonic() + PATIENCE
        self.wanted = not quiet and sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, count: int, path: str) -> None:
        """Show the count and the path if the last line is old enough."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PATIENCE / 10
        self._shown = True
        sys.stderr.write(f"\r\x1b[K{count:,} files read  {escape(path)[-WIDTH:]}")
        sys.stderr.flush()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")

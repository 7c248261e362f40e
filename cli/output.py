"""Where a report goes: standard output, or a file that is replaced whole or not at all."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable

from elfkit.errors import ReadError
from elfkit.image.source import reason
from elfkit_cli.escape import escape_json
from elfkit_cli.lines import Line, plain, show


def write_text(lines: Iterable[Line], *, path: str | None, colour: str) -> None:
    """Write lines to ``path``, or to standard output in colour where it takes it."""
    if path is None:
        show(lines, colour=colour)
    else:
        replace(path, plain(lines))


def write_json(document: object, *, path: str | None) -> None:
    """Write a document as ASCII JSON, indented by two, ended by a newline."""
    text = json.dumps(escape_json(document), indent=2) + "\n"
    if path is None:
        sys.stdout.write(text)
    else:
        replace(path, text)


def replace(path: str, text: str) -> None:
    """Write ``text`` beside ``path`` and move it there; on failure the old file stays. ReadError if it fails."""
    directory = os.path.dirname(path) or "."
    try:
        mode = os.stat(path).st_mode & 0o7777 if os.path.exists(path) else 0o666 & ~_umask()
        descriptor, temporary = tempfile.mkstemp(dir=directory, prefix=".elfkit-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise ReadError(path, f"cannot be written: {reason(error)}") from None


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current

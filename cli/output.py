"""Where text goes: standard output, standard error, or a file that is replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from typing import IO

from elfkit.errors import ReadError
from elfkit.image.source import reason
from elfkit_cli.escape import escape_json
from elfkit_cli.lines import Line, plain, rendered

STANDARD_OUTPUT = ("-", "/dev/stdout")
DESCRIPTORS = ("/dev/fd/", "/dev/stderr", "/proc/")  # names of what is open already: nothing to be replaced


def write_text(lines: Iterable[Line], *, path: str | None, colour: str) -> None:
    """Write lines to ``path``, or to standard output in colour where it takes it."""
    if path is None or path in STANDARD_OUTPUT:
        _write_out(lambda stream: rendered(lines, stream, colour))
    else:
        write_file(path, plain(lines))


def write_json(document: object, *, path: str | None) -> None:
    """Write a document as ASCII JSON, indented by two, ended by a newline."""
    import json  # here: text does not pay for it

    text = json.dumps(escape_json(document), indent=2) + "\n"
    if path is None or path in STANDARD_OUTPUT:
        _write_out(lambda _: text)
    else:
        write_file(path, text)


def complain(lines: Iterable[Line]) -> None:
    """Write lines to standard error; nobody is told where nobody listens."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(plain(lines))
        sys.stderr.flush()
    except OSError:
        silence(sys.stderr)


def silence(stream: IO[str]) -> None:
    """Let whatever ``stream`` still holds, or is given, vanish: whoever read it is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _write_out(text_for: Callable[[IO[str]], str]) -> None:
    """Write to standard output; a closed pipe is no failure: the exit code is the verdict. ReadError if it fails."""
    if sys.stdout is None:
        raise ReadError("standard output", "is closed")
    try:
        sys.stdout.write(text_for(sys.stdout))
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        raise ReadError("standard output", f"cannot be written: {reason(error)}") from None


def write_file(path: str, text: str) -> None:
    """Write ``text`` to ``path``. A regular file, also behind a link, is replaced; a device or pipe is written to.

    ReadError if it fails: a regular file then holds what it held.
    """
    if not path:
        raise ReadError(path, "cannot be written: the name is empty")
    try:
        mode = os.stat(path).st_mode if os.path.exists(path) else None
        if path.startswith(DESCRIPTORS) or (mode is not None and not stat.S_ISREG(mode)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        else:
            _replace(os.path.realpath(path), text, mode)
    except OSError as error:
        raise ReadError(path, f"cannot be written: {reason(error)}") from None


def _replace(path: str, text: str, mode: int | None) -> None:
    """Write beside ``path`` and put it in place; a new file (mode None) has the rights that the umask leaves."""
    temporary = os.path.join(os.path.dirname(path), f".elfkit-{os.urandom(8).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise

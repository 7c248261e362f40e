"""The target: written beside itself, verified there, and put in place in one step."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from elfkit.errors import WriteError
from elfkit.image.source import KINDS, Source, reason
from elfkit.rebuild.write import Appendix

PREFIX = ".elfkit-"  # of temporary files: all that a killed process can leave behind
THERE = "it is there already, and a backup replaces nothing"
RIGHTS_OF_OTHERS = stat.S_ISUID | stat.S_ISGID  # of another owner they would be another's rights


@contextmanager
def replaced(source: Source, target: str, added: Appendix, *, backup: str = "") -> Iterator[str]:
    """Yield the name of a temporary file that holds the result; when the block ends without error it is ``target``.

    Whatever happens before, ``target`` stays as it was and the temporary file goes. Of a symbolic link the file it
    leads to is replaced. Mode, times, owner and extended attributes are those of the source. With ``backup`` the old
    file stays under its name with that suffix. WriteError if it cannot be written.
    """
    place = destination(target)
    try:
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(place), prefix=PREFIX)
    except OSError as error:
        raise WriteError(target, reason(error)) from None
    try:
        try:
            with open(descriptor, "wb", buffering=0) as file:
                _write(source, file.fileno(), added)
            yield temporary
            _dress(source, temporary)
            with _kept(place, backup, said=target + backup):
                os.replace(temporary, place)
        except OSError as error:
            raise WriteError(target, reason(error)) from None
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def destination(target: str) -> str:
    """Return the path of the file that ``target`` names, links followed; WriteError unless it is regular or new."""
    if not target:
        raise WriteError(target, "the name is empty")
    try:
        place = os.path.realpath(target)
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        if target.endswith("/"):
            raise WriteError(target, "it names a directory that is not there") from None
        return os.path.realpath(target)
    except OSError as error:
        raise WriteError(target, reason(error)) from None
    except ValueError:
        raise WriteError(target, "the name cannot be spelled on this file system") from None
    if not stat.S_ISREG(mode):
        kind = next((words for test, words in KINDS if test(mode)), "is no regular file")
        raise WriteError(target, f"it {kind}")
    return place


def _write(source: Source, descriptor: int, added: Appendix) -> None:
    source.copy_to(descriptor)
    for offset, data in ((added.offset, added.data), *added.patches):
        place = 0
        while place < len(data):
            place += os.pwrite(descriptor, data[place:], offset + place)
    os.fsync(descriptor)


def _dress(source: Source, path: str) -> None:
    """Give ``path`` owner, attributes, mode and times of the source, as far as this user may; in this order.

    A new owner takes away set-user-ID and capabilities, so mode and attributes come after it.
    """
    status = source.status
    if status is None:
        os.chmod(path, 0o666 & ~_umask())
        return
    mode = stat.S_IMODE(status.st_mode)
    try:
        os.chown(path, status.st_uid, status.st_gid)
    except OSError:
        mode &= ~RIGHTS_OF_OTHERS
    with suppress(OSError):  # a file system that knows none
        _copy_attributes(source.name, path)
    os.chmod(path, mode)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _copy_attributes(origin: str, path: str) -> None:
    if not hasattr(os, "listxattr"):  # Linux alone has them in Python
        return
    for name in os.listxattr(origin):
        with suppress(OSError):  # security.* and trusted.* are root's
            os.setxattr(path, name, os.getxattr(origin, name))


@contextmanager
def _kept(place: str, suffix: str, *, said: str) -> Iterator[None]:
    """Give the file at ``place`` a second name, with the suffix, unless the block fails: it may replace the first.

    A name that is there already is not overwritten: WriteError of ``said``, unless an interrupted run left it.
    """
    backup = place + suffix
    if not suffix or not os.path.lexists(place):
        yield
        return
    try:
        os.link(place, backup)
    except FileExistsError:
        if not os.path.samefile(place, backup):
            raise WriteError(said, THERE) from None
    except OSError:  # no hard links here
        _copied(place, backup, said=said)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            if os.path.samefile(place, backup):  # else the old file has no other name any more
                os.unlink(backup)
        raise


def _copied(place: str, backup: str, *, said: str) -> None:
    if os.path.lexists(backup):
        raise WriteError(said, THERE)
    with Source.open(place) as old, replaced(old, backup, Appendix(old.size, b"", ())):
        pass


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current

"""The one reading primitive: a checked, clamped, budgeted view of a file's bytes.

``pread``, never ``mmap``: a file that is cut while it is mapped kills the process with SIGBUS; here the
view comes back short. One descriptor an image, closed as soon as its facts are drawn.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from typing import IO

from elfkit.errors import LimitError, ReadError
from elfkit.limits import DEFAULT_LIMITS, Budget, Limits

COPY_BYTES = 1 << 20  # read and written at once when a whole file is copied
HEAD_BYTES = 4096  # one page: headers, and often interpreter and notes, come with the first read

# O_NONBLOCK: opening a FIFO must not wait for a writer. It changes nothing for regular files.
OPEN_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY

REASONS = {
    errno.ENOENT: "no such file or directory",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EISDIR: "is a directory",
    errno.ELOOP: "the way to it is a loop of symbolic links",
    errno.ENXIO: "is a device or a socket without a partner",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EMFILE: "too many open files",
    errno.EIO: "input/output error",
}

KINDS = (
    (stat.S_ISDIR, "is a directory"),
    (stat.S_ISFIFO, "is a FIFO"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISCHR, "is a character device"),
    (stat.S_ISBLK, "is a block device"),
)


def reason(error: OSError) -> str:
    """Return the plain words for an operating system error."""
    return REASONS.get(error.errno or 0, (error.strerror or "cannot be read").lower())


class Source:
    """Bytes of one file, read on demand.

    ``size`` is fixed when the source is made; ``status`` is the file's ``fstat`` (None for bytes in memory).
    A context manager; closing it twice is harmless.
    """

    __slots__ = ("_descriptor", "_head", "_owned", "budget", "limits", "name", "size", "status")

    def __init__(
        self,
        name: str,
        head: bytes,
        *,
        limits: Limits,
        descriptor: int = -1,
        owned: bool = False,
        status: os.stat_result | None = None,
    ) -> None:
        self.name = name
        self.size = len(head) if status is None else status.st_size
        self.limits = limits
        self.budget = Budget(limits.bytes_read)
        self.status = status
        self._head = head
        self._descriptor = descriptor
        self._owned = owned

    @classmethod
    def of_bytes(cls, data: bytes, name: str = "<bytes>", *, limits: Limits = DEFAULT_LIMITS) -> Source:
        """Return a source over bytes in memory."""
        return cls(name, data, limits=limits)

    @classmethod
    def of_file(cls, file: IO[bytes], *, limits: Limits = DEFAULT_LIMITS) -> Source:
        """Return a source over an open binary file, which stays the caller's to close.

        A file of the operating system is read through its descriptor, whatever its position; any other is read whole.
        """
        name = str(getattr(file, "name", "<file>"))
        if isinstance(getattr(file, "raw", file), io.FileIO):  # the descriptor of a gzip file is the packed file's
            return cls.of_descriptor(file.fileno(), name, limits=limits)
        return cls.of_bytes(file.read(), name, limits=limits)

    @classmethod
    def of_descriptor(
        cls, descriptor: int, name: str, *, owned: bool = False, limits: Limits = DEFAULT_LIMITS
    ) -> Source:
        """Return a source over an open descriptor; ReadError unless it is a regular file.

        An ``owned`` descriptor is closed with the source, and at once if there is an error.
        """
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                kind = next((words for test, words in KINDS if test(status.st_mode)), "is no regular file")
                raise ReadError(name, kind)
            head = os.pread(descriptor, min(HEAD_BYTES, status.st_size), 0)
        except (OSError, ReadError) as error:
            if owned:
                os.close(descriptor)
            if isinstance(error, OSError):
                raise ReadError(name, reason(error)) from None
            raise
        return cls(name, head, limits=limits, descriptor=descriptor, owned=owned, status=status)

    @classmethod
    def open(cls, path: str, *, follow: bool = True, limits: Limits = DEFAULT_LIMITS) -> Source:
        """Open ``path`` without ever blocking; ReadError if it cannot be opened or is no regular file."""
        try:
            descriptor = os.open(path, OPEN_FLAGS if follow else OPEN_FLAGS | os.O_NOFOLLOW)
        except OSError as error:
            linked = error.errno == errno.ELOOP and not follow and os.path.islink(path)  # else it is one on the way
            raise ReadError(path, "is a symbolic link" if linked else reason(error)) from None
        except ValueError:  # also a lone surrogate, which the file system's encoding does not have
            spelled = "holds a NUL byte" if "\0" in path else "cannot be spelled on this file system"
            raise ReadError(path, f"the name {spelled}") from None
        return cls.of_descriptor(descriptor, path, owned=True, limits=limits)

    def view(self, offset: int, size: int) -> bytes:
        """Return the bytes at ``offset``, at most ``size`` of them: fewer at the end of the file or the budget."""
        end = offset + size
        if 0 <= offset < end <= len(self._head):
            return self._head[offset:end]
        if size <= 0 or not 0 <= offset < self.size:
            return b""
        if end > self.size:
            end = self.size
            if end <= len(self._head):
                return self._head[offset:end]
        granted = self.budget.spend(end - offset)
        if self._descriptor < 0:
            if self.status is None:
                return self._head[offset : offset + granted]
            raise ReadError(self.name, "was closed before it was read")
        try:
            return os.pread(self._descriptor, granted, offset)
        except OSError as error:
            raise ReadError(self.name, reason(error)) from None

    def unbudgeted(self, offset: int, size: int) -> bytes:
        """Return the bytes at ``offset`` like ``view``, for whole passes over a file that no field in it asks for."""
        if not 0 <= offset < self.size:
            return b""
        if self._descriptor < 0:
            return self._head[offset : offset + size]
        try:
            return os.pread(self._descriptor, max(min(size, self.size - offset), 0), offset)
        except OSError as error:
            raise ReadError(self.name, reason(error)) from None

    def whole(self, purpose: str) -> bytes:
        """Return every byte, for ``purpose``; LimitError for a file larger than may be read at all."""
        return self.start(self.size, purpose)

    def start(self, size: int, purpose: str) -> bytes:
        """Return the first ``size`` bytes likewise."""
        size = min(size, self.size)
        if size > self.limits.bytes_read:
            raise LimitError("bytes_read", self.limits.bytes_read, f"{purpose} takes {size} bytes at once")
        return self.unbudgeted(0, size)

    def blocks(self, size: int) -> Iterator[tuple[int, bytes]]:
        """Yield (offset, bytes) from the first byte to the last, ``size`` at a time, outside the budget.

        ReadError where the file has become shorter meanwhile.
        """
        offset = 0
        while offset < self.size:
            raw = self.unbudgeted(offset, size)
            if not raw:
                raise ReadError(self.name, f"ends at {offset:#x}, not at {self.size:#x} as when it was opened")
            yield offset, raw
            offset += len(raw)

    def copy_to(self, descriptor: int) -> None:
        """Write every byte to ``descriptor``, at its start; OSError if that fails, ReadError as ``blocks``."""
        if self._descriptor >= 0 and _copied_by_the_kernel(self._descriptor, descriptor, self.size):
            return
        for offset, raw in self.blocks(COPY_BYTES):
            place = 0
            while place < len(raw):
                place += os.pwrite(descriptor, raw[place:], offset + place)

    def close(self) -> None:
        """Close the descriptor if this source opened it."""
        descriptor, self._descriptor = self._descriptor, -1
        if self._owned and descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Source({self.name!r}, {self.size} bytes)"


def _copied_by_the_kernel(origin: int, target: int, size: int) -> bool:
    """Copy without passing the bytes through this process; False where kernel or file system cannot."""
    if not hasattr(os, "copy_file_range"):
        return False
    place = 0
    try:
        while place < size:
            copied = os.copy_file_range(origin, target, size - place, place, place)
            if not copied:
                return False
            place += copied
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            raise
        return False
    return True

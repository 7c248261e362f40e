"""Work that several processes share: each takes the next block of a list until none is left.

By fork, on Linux alone: a child has all that its parent has, and sends back what it makes of each block. What a child
had taken that was killed, its parent does itself.
"""

from __future__ import annotations

import fcntl
import io
import os
import pickle
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Generic, NamedTuple, TypeVar

MOST_BLOCKS = 1024  # their numbers fit into a page: some pipes hold no more
FEWEST_ITEMS = 32  # of a block
WIDTH = 4  # bytes of a number
LENGTH = 8  # bytes of the length before each value that a child sends
AT_ONCE = 1 << 20  # bytes read of a pipe
REMEMBERED = 16  # values of a child that may refer to each other
SPARE = 32  # file descriptors left to those who read files
T = TypeVar("T")


class Work(NamedTuple, Generic[T]):
    """What is to be done.

    ``do`` takes the numbers of items, in ascending order. In a child, ``made`` is called after each block, and returns
    what was made since the last time: something that pickle knows. In this process ``before`` gets the first number of
    each block, and ``take`` what the children made. Where a child was killed, ``restart`` is called, and ``do`` gets
    what that had taken: numbers that may be lower than earlier ones.
    """

    do: Callable[[range], None]
    made: Callable[[], T]
    before: Callable[[int], None]
    take: Callable[[T], None]
    restart: Callable[[], None]


class Child(Generic[T]):
    """A process, and what comes out of the pipe that it sends its values to."""

    def __init__(self, pid: int, pipe: int) -> None:
        self.pid = pid
        self.has_ended = False
        self._pipe = pipe
        self._raw = bytearray()
        self._value = io.BytesIO()
        self._loaded = 0
        os.set_blocking(pipe, False)

    def wait(self) -> None:
        """Return when there is something to receive."""
        waiting = select.poll()
        waiting.register(self._pipe, select.POLLIN)
        waiting.poll()

    def values(self) -> Iterator[tuple[int, T]]:
        """Yield each block that the child has done since the last time, and what it made of it."""
        try:
            while raw := os.read(self._pipe, AT_ONCE):
                self._raw += raw
                yield from self._complete()
        except BlockingIOError:
            return
        self.has_ended = True

    def _complete(self) -> Iterator[tuple[int, T]]:
        while len(self._raw) >= LENGTH:
            end = LENGTH + int.from_bytes(self._raw[:LENGTH], sys.byteorder)
            if len(self._raw) < end:
                return
            self._value.seek(0)
            self._value.write(self._raw[LENGTH:end])
            self._value.seek(0)
            del self._raw[:end]
            if self._loaded % REMEMBERED == 0:  # as the child forgets
                self._unpickler = pickle.Unpickler(self._value)  # noqa: S301  # of what a fork of this process made
            self._loaded += 1
            yield self._unpickler.load()

    def end(self) -> None:
        """See to it that the process is gone, if nobody else did: of a child that died, SIGCHLD may be ignored."""
        os.close(self._pipe)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # what it had to send has come, or is not wanted
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def can_share() -> bool:
    """Return whether this system can do what this module does."""
    return sys.platform == "linux"


def share(work: Work[T], count: int, jobs: int) -> None:
    """Do ``work`` for every number below ``count``, in ``jobs`` processes at most, this one among them.

    Ctrl-C ends all of them at their next block; KeyboardInterrupt leaves when what was made until then is taken.
    """
    blocks = blocks_of(count)
    queue = _queue(len(blocks))
    if queue is None:
        for block in blocks:
            _do(work, block)
        return
    children: list[Child[T]] = []
    try:
        for _ in range(min(jobs, len(blocks)) - 1):
            with _undisturbed():
                children += _fork(work, blocks, queue)
        _do_all(work, blocks, queue, children)
    except KeyboardInterrupt:
        for _ in _taken(queue):
            pass  # so that no child finds another block
        _receive(work, children, wait=True)
        raise
    finally:
        with _undisturbed():
            os.close(queue)
            for child in children:
                child.end()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait until what is begun is done."""
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)


def blocks_of(count: int) -> list[range]:
    """Return the numbers below ``count`` in consecutive blocks.

    >>> [len(block) for block in blocks_of(70)], len(blocks_of(10_000_000))
    ([32, 32, 6], 1024)
    """
    size = max(FEWEST_ITEMS, -(-count // MOST_BLOCKS))
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def _do_all(work: Work[T], blocks: list[range], queue: int, children: list[Child[T]]) -> None:
    left = set(range(len(blocks)))
    for number in _taken(queue):
        _do(work, blocks[number])
        left.discard(number)
        left -= _receive(work, children, wait=False)
    left -= _receive(work, children, wait=True)
    if left:
        work.restart()
    for number in sorted(left):
        _do(work, blocks[number])


def _do(work: Work[T], block: range) -> None:
    work.before(block.start)
    work.do(block)


def _receive(work: Work[T], children: list[Child[T]], *, wait: bool) -> set[int]:
    """Take what the children made, all of it if ``wait``, and return the numbers of their blocks."""
    done: set[int] = set()
    for child in children:
        while not child.has_ended:
            if wait:
                child.wait()
            with _undisturbed():  # a part of a value that is lost would make the rest unreadable
                for number, made in child.values():
                    work.take(made)
                    done.add(number)
            if not wait:
                break
    return done


def _queue(count: int) -> int | None:
    """Return the reading end of a pipe that holds the numbers below ``count``: whoever reads one, takes it."""
    pipe = _pipe()
    if pipe is None:
        return None
    reading, writing = pipe
    try:
        os.write(writing, b"".join([number.to_bytes(WIDTH, sys.byteorder) for number in range(count)]))
    finally:
        os.close(writing)
    return reading


def _pipe() -> tuple[int, int] | None:
    """Return the ends of a new pipe; None where few file descriptors would be left for files."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        ends = os.pipe()
    except OSError:
        return None
    if most == resource.RLIM_INFINITY or max(ends) + SPARE < most:
        return ends
    for end in ends:
        os.close(end)
    return None


def _taken(queue: int) -> Iterator[int]:
    while raw := os.read(queue, WIDTH):
        yield int.from_bytes(raw, sys.byteorder)


def _fork(work: Work[T], blocks: list[range], queue: int) -> list[Child[T]]:
    """Start a child; none where the system has no room for another process."""
    ends = _pipe()
    if ends is None:
        return []
    reading, writing = ends
    with suppress(OSError):  # the usual 64 KiB are less than some blocks give: a child would wait for its parent
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, AT_ONCE)
    parent = os.getpid()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads: numpy's own are no danger, none is used
            pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return []
    if pid:
        os.close(writing)
        return [Child(pid, reading)]
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and empties the queue
        os.close(reading)  # or nothing would tell a child that waits to send that its parent is gone
        with os.fdopen(writing, "wb") as pipe:
            _serve(work, blocks, queue, parent, pipe)
    finally:
        os._exit(0)  # whatever happened: what is not sent is the parent's to do, which meets the same failure


def _serve(work: Work[T], blocks: list[range], queue: int, parent: int, pipe: io.BufferedWriter) -> None:
    value = io.BytesIO()
    pickler = pickle.Pickler(value, pickle.HIGHEST_PROTOCOL)
    for done, number in enumerate(_taken(queue)):
        if os.getppid() != parent:
            return  # nobody is left to send it to
        if done % REMEMBERED == 0:
            pickler.clear_memo()  # which keeps all that was sent in memory
        work.do(blocks[number])
        value.seek(0)
        value.truncate()
        pickler.dump((number, work.made()))
        pipe.write(value.tell().to_bytes(LENGTH, sys.byteorder))
        pipe.write(value.getbuffer())
        pipe.flush()

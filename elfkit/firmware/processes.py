"""Work that several processes share: each takes the next block of a list until none is left.

By fork, on Linux alone: a child has all that its parent has, and sends back what it made. What a child that was killed
had taken, its parent does itself.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

MOST_BLOCKS = 2048  # their numbers fit into any pipe
WIDTH = 4  # bytes of a number
FEWEST_ITEMS = 32  # of a block
T = TypeVar("T")


class Work(NamedTuple, Generic[T]):
    """What is to be done.

    ``do`` takes the numbers of items, and ``made`` returns what a process made of all of its own: something that pickle
    knows. In this process ``before`` gets the first number of each block, and ``take`` what the others made.
    """

    do: Callable[[range], None]
    made: Callable[[], T]
    before: Callable[[int], None]
    take: Callable[[T], None]


class Child(NamedTuple):
    """A process, and the end of a pipe that it sends what it made to."""

    pid: int
    pipe: int


def can_share() -> bool:
    """Return whether this system can do what this module does."""
    return sys.platform == "linux"


def share(work: Work[T], count: int, jobs: int) -> None:
    """Do ``work`` for every number below ``count``, in ``jobs`` processes at most, this one among them.

    Ctrl-C ends all of them at their next block; KeyboardInterrupt leaves when what was made until then is taken.
    """
    blocks = blocks_of(count)
    queue = _queue(len(blocks))
    children: list[Child] = []
    try:
        for _ in range(min(jobs, len(blocks)) - 1):
            children += _fork(work, blocks, queue)
        _do_all(work, blocks, queue, children)
    except KeyboardInterrupt:
        for _ in _taken(queue):
            pass  # so that no child finds another block
        _receive_all(work, children)
        raise
    finally:
        os.close(queue)
        for child in children:  # none is left unless something failed here
            os.kill(child.pid, signal.SIGKILL)
            os.close(child.pipe)
            os.waitpid(child.pid, 0)


def blocks_of(count: int) -> list[range]:
    """Return the numbers below ``count`` in consecutive blocks.

    >>> [len(block) for block in blocks_of(70)], len(blocks_of(10_000_000))
    ([32, 32, 6], 2048)
    """
    size = max(FEWEST_ITEMS, -(-count // MOST_BLOCKS))
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def _do_all(work: Work[T], blocks: list[range], queue: int, children: list[Child]) -> None:
    left = set(range(len(blocks)))
    for number in _taken(queue):
        work.before(blocks[number].start)
        work.do(blocks[number])
        left.discard(number)
    left -= _receive_all(work, children)
    for number in sorted(left):
        work.do(blocks[number])


def _queue(count: int) -> int:
    """Return the reading end of a pipe that holds the numbers below ``count``: whoever reads one, takes it."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"".join([number.to_bytes(WIDTH, sys.byteorder) for number in range(count)]))
    finally:
        os.close(writing)
    return reading


def _taken(queue: int) -> Iterator[int]:
    while raw := os.read(queue, WIDTH):
        yield int.from_bytes(raw, sys.byteorder)


def _fork(work: Work[T], blocks: list[range], queue: int) -> list[Child]:
    """Start a child; none where the system has no room for another process."""
    reading, writing = os.pipe()
    parent = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return []
    if pid:
        os.close(writing)
        return [Child(pid, reading)]
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and empties the queue
        done = []
        for number in _taken(queue):
            if os.getppid() != parent:
                break  # nobody is left to send it to
            work.do(blocks[number])
            done.append(number)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump((done, work.made()), pipe, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)  # whatever happened: what follows is the parent's to do, which meets the same failure


def _receive_all(work: Work[T], children: list[Child]) -> set[int]:
    """Take what the children made, each of which is gone then; return the numbers of the blocks that are done."""
    done: set[int] = set()
    while children:
        child = children.pop()
        try:
            with os.fdopen(child.pipe, "rb") as pipe:
                raw = pipe.read()
        except BaseException:
            os.kill(child.pid, signal.SIGKILL)
            raise
        finally:
            _, status = os.waitpid(child.pid, 0)
        if not status:
            numbers, made = pickle.loads(raw)  # noqa: S301  # the bytes come from a child of this process
            done.update(numbers)
            work.take(made)
    return done

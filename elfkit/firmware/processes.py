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
from typing import NamedTuple, TypeVar

MOST_BLOCKS = 2048  # their numbers fit into any pipe
WIDTH = 4  # bytes of a number
FEWEST_ITEMS = 32  # of a block
T = TypeVar("T")


class Child(NamedTuple):
    """A process, and the end of a pipe that it sends what it made to."""

    pid: int
    pipe: int


def blocks_of(count: int) -> list[range]:
    """Return the numbers below ``count`` in consecutive blocks.

    >>> [len(block) for block in blocks_of(70)], len(blocks_of(10_000_000))
    ([32, 32, 6], 2048)
    """
    size = max(FEWEST_ITEMS, -(-count // MOST_BLOCKS))
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def share_work(
    count: int,
    work: Callable[[range], None],
    made: Callable[[], T],
    *,
    jobs: int,
    take: Callable[[T], None],
    before: Callable[[int], None],
) -> None:
    """Call ``work`` with every block of the numbers below ``count``, in ``jobs`` processes at most.

    ``take`` gets what ``made()`` returns in each child, which must be something that pickle takes; what this process
    made, its caller has. ``before`` is called in this process with the first number of each of its blocks. Ctrl-C ends
    all of it at the next block; KeyboardInterrupt leaves when ``take`` has got what was made until then.
    """
    blocks = blocks_of(count)
    queue = _queue(len(blocks))
    children: list[Child] = []
    left = set(range(len(blocks)))
    try:
        for _ in range(min(jobs, len(blocks)) - 1):
            children += _fork(queue, blocks, work, made)
        for number in _taken(queue):
            before(blocks[number].start)
            work(blocks[number])
            left.discard(number)
        for child in children:
            left.difference_update(_receive(child, take))
        children.clear()
        for number in sorted(left):
            work(blocks[number])
    except KeyboardInterrupt:
        for _ in _taken(queue):
            pass  # so that no child finds another block
        for child in children:
            _receive(child, take)
        children.clear()
        raise
    finally:
        os.close(queue)
        for child in children:
            os.kill(child.pid, signal.SIGKILL)
            os.close(child.pipe)
            os.waitpid(child.pid, 0)


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


def _fork(queue: int, blocks: list[range], work: Callable[[range], None], made: Callable[[], T]) -> list[Child]:
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
            work(blocks[number])
            done.append(number)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump((done, made()), pipe, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)  # whatever happened: what follows here is the parent's to do


def _receive(child: Child, take: Callable[[T], None]) -> list[int]:
    """Hand over what a child made and return the numbers of its blocks; of one that failed there are none."""
    with os.fdopen(child.pipe, "rb") as pipe:
        raw = pipe.read()
    _, status = os.waitpid(child.pid, 0)
    if status:
        return []
    done, made = pickle.loads(raw)  # noqa: S301  # the bytes come from a child of this process
    take(made)
    return list(done)

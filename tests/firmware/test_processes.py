"""Work that processes share: every item is done once, whatever becomes of the others."""

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest

from elfkit.firmware import processes
from elfkit.firmware.processes import FEWEST_ITEMS, Work, blocks_of, share
from tests.firmware.hostility import alarm

COUNT = 20 * FEWEST_ITEMS + 5
HERE = os.getpid()


class Doing:
    """Work that notes the numbers it gets; a child hands over what it noted."""

    def __init__(self, meanwhile: Callable[[int], None] = lambda _: None, more: bytes = b"") -> None:
        self.meanwhile = meanwhile
        self.more = more
        self.noted: list[int] = []
        self.taken: list[list[int]] = []
        self.blocks: list[int] = []

    def do(self, block: range) -> None:
        for number in block:
            self.meanwhile(number)
            self.noted.append(number)

    def made(self) -> tuple[list[int], bytes]:
        made, self.noted = self.noted, []
        return made, self.more

    def take(self, made: tuple[list[int], bytes]) -> None:
        assert made[1] == self.more
        self.taken.append(made[0])

    def share(self, jobs: int, count: int = COUNT) -> None:
        with alarm():
            share(Work(self.do, self.made, self.blocks.append, self.take), count, jobs)

    @property
    def numbers(self) -> list[int]:
        return sorted([*self.noted, *[number for numbers in self.taken for number in numbers]])


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def in_a_child(action: Callable[[], None]) -> Callable[[int], None]:
    return lambda _: action() if os.getpid() != HERE else None


@pytest.mark.parametrize("jobs", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [0, 1, FEWEST_ITEMS, COUNT])
def test_every_number_is_done_once(jobs: int, count: int) -> None:
    work = Doing()
    work.share(jobs, count)
    assert work.numbers == list(range(count))
    starts = {block.start for block in blocks_of(count)}
    assert starts >= {*work.blocks}
    assert {numbers[0] for numbers in work.taken} | {*work.blocks} == starts


def test_the_others_do_what_one_waits_for() -> None:
    reading, writing = os.pipe()

    def wait_for_a_child(_: int) -> None:
        if os.getpid() != HERE:
            os.write(writing, b"x")
        elif not work.noted:
            os.read(reading, 1)

    work = Doing(wait_for_a_child)
    work.share(2)
    os.close(reading)
    os.close(writing)
    assert work.numbers == list(range(COUNT))
    assert work.taken


def test_what_a_killed_child_had_taken_is_done_here() -> None:
    work = Doing(in_a_child(lambda: os.kill(os.getpid(), signal.SIGKILL)))
    work.share(3)
    assert work.noted.count(0) == 1
    assert work.numbers == list(range(COUNT))
    assert work.taken == []


def test_what_fails_in_a_child_fails_here() -> None:
    def fail(number: int) -> None:
        if number == FEWEST_ITEMS * 7:
            raise RuntimeError("number seven")

    with pytest.raises(RuntimeError, match="number seven"):
        Doing(fail).share(3)


def test_without_room_for_another_process_all_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refuse)
    work = Doing()
    work.share(4)
    assert work.noted == list(range(COUNT))


def test_values_larger_than_a_pipe_come_whole() -> None:
    work = Doing(more=bytes(range(256)) * 20_000)
    work.share(3)
    assert work.numbers == list(range(COUNT))


def test_values_that_share_parts_come_whole_however_many_there_are() -> None:
    def slow_here(number: int) -> None:
        if os.getpid() == HERE and number % FEWEST_ITEMS == 0:
            time.sleep(0.002)

    work = Doing(slow_here, more=b"the same object each time")
    work.share(2, 300 * FEWEST_ITEMS)
    assert work.numbers == list(range(300 * FEWEST_ITEMS))
    assert len(work.taken) > 2 * processes.REMEMBERED


def test_after_ctrl_c_whole_blocks_of_the_others_are_taken() -> None:
    def interrupt(number: int) -> None:
        if os.getpid() != HERE:
            time.sleep(0.1 if number % FEWEST_ITEMS == 0 else 0)  # so that no child takes all blocks
        elif len(work.noted) == 3:
            signal.raise_signal(signal.SIGINT)

    work = Doing(interrupt)
    with pytest.raises(KeyboardInterrupt):
        work.share(3)
    assert len(work.noted) == 3
    assert work.taken
    assert all(len(numbers) in (FEWEST_ITEMS, COUNT % FEWEST_ITEMS) for numbers in work.taken)
    assert len(work.numbers) == len({*work.numbers})


def test_a_second_ctrl_c_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    receive = processes._receive

    def impatient(work: Work[object], children: list[processes.Child[object]], *, wait: bool) -> set[int]:
        if wait:
            signal.raise_signal(signal.SIGINT)
        return receive(work, children, wait=wait)

    monkeypatch.setattr(processes, "_receive", impatient)
    with pytest.raises(KeyboardInterrupt):
        Doing(in_a_child(signal.pause)).share(3)

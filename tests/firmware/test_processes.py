"""Work that processes share: every item is done once, whatever becomes of the others."""

import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import pytest

from elfkit.firmware import processes
from elfkit.firmware.processes import FEWEST_ITEMS, Work, blocks_of, share
from tests.cli.command import environment
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
        self.restarts: list[int] = []

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

    def restart(self) -> None:
        self.restarts.append(len(self.noted))

    def share(self, jobs: int, count: int = COUNT) -> None:
        with alarm():
            share(Work(self.do, self.made, self.blocks.append, self.take, self.restart), count, jobs)

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
    reading, writing = os.pipe()

    def die(_: int) -> None:
        if os.getpid() != HERE:
            os.write(writing, b"x")
            os.kill(os.getpid(), signal.SIGKILL)
        elif not work.noted:
            os.read(reading, 1)

    work = Doing(die)
    work.share(3)
    os.close(reading)
    os.close(writing)
    assert work.numbers == list(range(COUNT))
    assert work.taken == []
    (done,) = work.restarts
    assert work.noted == sorted(work.noted[:done]) + sorted(work.noted[done:])


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


def test_what_threads_of_others_make_of_a_fork_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.12 warns of any thread, and importing numpy starts some."""
    fork = os.fork

    def warning() -> int:
        pid = fork()
        if pid:
            warnings.warn("this process is multi-threaded", DeprecationWarning, stacklevel=2)
        return pid

    monkeypatch.setattr(os, "fork", warning)
    work = Doing()
    work.share(3)
    assert work.numbers == list(range(COUNT))


def test_pipes_leave_file_descriptors_to_the_readers() -> None:
    def open_some(_: int) -> None:
        for descriptor in [os.open("/dev/null", os.O_RDONLY) for _ in range(8)]:
            os.close(descriptor)

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open("/dev/null", os.O_RDONLY)
    os.close(lowest)
    for room in (9, 20, 60):
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + room, hard))
        work = Doing(open_some)
        try:
            work.share(64)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert work.numbers == list(range(COUNT))
        assert work.restarts == []


def test_children_of_whom_nobody_is_told_are_no_failure() -> None:
    """Who ignores SIGCHLD hands that on to the programs that it starts."""
    usual = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        work = Doing()
        work.share(3)
    finally:
        signal.signal(signal.SIGCHLD, usual)
    assert work.numbers == list(range(COUNT))


ORPHANS = """
import os, signal
from elfkit.firmware.processes import Work, share
parent = os.getpid()

def do(_):
    if os.getpid() == parent:
        signal.pause()

def made():
    os.write(1, b"x")
    return bytes(4 << 20)

share(Work(do, made, lambda _: None, lambda _: None, lambda: None), 1000, 3)
"""


def test_children_that_wait_to_send_end_with_their_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHANS], env=environment(), stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.read(2) == b"xx"
        parent.kill()
        rest, _ = parent.communicate(timeout=20)  # until nobody has that pipe any more
    assert rest == b""


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
    reading, writing = os.pipe()

    def interrupt(number: int) -> None:
        if os.getpid() != HERE:
            os.write(writing, b"x")
            time.sleep(0.1 if number % FEWEST_ITEMS == 0 else 0)  # so that no child takes all blocks
        elif len(work.noted) == 3:
            os.read(reading, 1)  # when a child has something to do
            signal.raise_signal(signal.SIGINT)

    work = Doing(interrupt)
    with pytest.raises(KeyboardInterrupt):
        work.share(3)
    os.close(reading)
    os.close(writing)
    assert len(work.noted) == 3
    assert work.taken
    assert all(len(numbers) in (FEWEST_ITEMS, COUNT % FEWEST_ITEMS) for numbers in work.taken)
    assert len(work.numbers) == len({*work.numbers})


def test_ctrl_c_between_the_parts_of_a_value_does_not_tear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    read = os.read
    interrupted: list[bool] = []

    def late(descriptor: int, size: int) -> bytes:
        raw = read(descriptor, size)
        if size == processes.AT_ONCE and raw and not interrupted:
            interrupted.append(True)
            signal.raise_signal(signal.SIGINT)
        return raw

    monkeypatch.setattr(os, "read", late)
    work = Doing(lambda _: time.sleep(0.001), more=bytes(3 * processes.AT_ONCE))
    with pytest.raises(KeyboardInterrupt):
        work.share(2)
    assert work.taken
    assert len(work.numbers) == len({*work.numbers})


def test_a_child_that_is_just_born_leaves_ctrl_c_to_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    fork = os.fork
    reading, writing = os.pipe()

    def interrupted() -> int:
        pid = fork()
        if not pid:
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                os.write(writing, b"x")
                os._exit(1)
        return pid

    monkeypatch.setattr(os, "fork", interrupted)
    work = Doing()
    work.share(3)
    os.close(writing)
    assert os.read(reading, 1) == b""
    os.close(reading)
    assert work.numbers == list(range(COUNT))


def test_a_second_ctrl_c_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    receive = processes._receive

    def impatient(work: Work[object], children: list[processes.Child[object]], *, wait: bool) -> set[int]:
        if wait:
            signal.raise_signal(signal.SIGINT)
        return receive(work, children, wait=wait)

    monkeypatch.setattr(processes, "_receive", impatient)
    with pytest.raises(KeyboardInterrupt):
        Doing(lambda _: None if os.getpid() == HERE else signal.pause()).share(3)

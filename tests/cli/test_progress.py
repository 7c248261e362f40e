"""The line that says how far a run is: on a terminal alone, and after a second of silence."""

from io import StringIO
from types import SimpleNamespace

import pytest

from elfkit_cli import progress
from elfkit_cli.progress import PATIENCE, ProgressLine
from tests.cli.command import CLEAN, ROUTER, python
from tests.cli.terminal import on_terminal

IMPATIENT = "import sys; from elfkit_cli import main, progress; progress.PATIENCE = 0; sys.exit(main.main())"


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=made))  # pytest keeps the real one to itself
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def test_nothing_is_shown_before_a_second_has_passed(terminal: Terminal, clock: list[float]) -> None:
    with ProgressLine(quiet=False) as line:
        assert line.wanted
        line(1, "bin/a")
        clock[0] += PATIENCE * 0.99
        line(2, "bin/b")
    assert terminal.getvalue() == ""


def test_then_lines_follow_each_other_at_a_tenth_of_it_and_the_last_is_wiped(
    terminal: Terminal, clock: list[float]
) -> None:
    with ProgressLine(quiet=False) as line:
        clock[0] += PATIENCE
        line(1234, "bin/a")
        line(1235, "bin/b")
        clock[0] += PATIENCE / 9
        line(1236, "bin/c")
    wipe = "\r\x1b[K"
    assert terminal.getvalue() == f"{wipe}1,234 files read  bin/a{wipe}1,236 files read  bin/c{wipe}"


def test_a_name_in_it_is_escaped_and_cut(terminal: Terminal, clock: list[float]) -> None:
    with ProgressLine(quiet=False) as line:
        clock[0] += PATIENCE
        line(1, "\x1b[2J\n" + "x" * 300)
        line(2, "")
    assert len(terminal.getvalue()) < 100
    clock[0] += PATIENCE
    line(3, "\x1b[2J\n\udcff")
    assert r"\x1b[2J\n\xff" in terminal.getvalue()


def test_it_is_wiped_also_when_the_work_fails(terminal: Terminal, clock: list[float]) -> None:
    def fail() -> None:
        with ProgressLine(quiet=False) as line:
            clock[0] += PATIENCE
            line(1, "bin/a")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_quiet_wants_none(terminal: Terminal) -> None:
    assert not ProgressLine(quiet=True).wanted
    assert terminal.getvalue() == ""


def test_a_short_run_shows_none_even_on_a_terminal() -> None:
    screen = on_terminal("check", CLEAN)
    assert screen.code == 0
    assert b"files read" not in screen.shown


def test_a_long_run_shows_it_on_a_terminal_and_nowhere_else() -> None:
    screen = on_terminal("check", ROUTER, program=("-c", IMPATIENT))
    assert b"\r\x1b[K0 files read  " in screen.shown
    assert screen.shown.rindex(b"\x1b[K") < screen.shown.index(b"error[EK001")
    assert b"files read" not in on_terminal("check", ROUTER, "-q", program=("-c", IMPATIENT)).shown
    ran = python("-c", IMPATIENT, "check", ROUTER)
    assert (ran.code, ran.err) == (1, b"")

"""Lines on a terminal: coloured, and wrapped below their own beginning; elsewhere as they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elfkit_cli.lines import Line, Span, coloured, line, plain, wrapped
from tests.cli.command import CLEAN, ESCAPE_SEQUENCE, HELLO, ROUTER, elfkit
from tests.cli.terminal import on_terminal

WORDS = "one two three four five six seven eight nine ten eleven twelve"


def test_a_long_line_is_continued_below_the_beginning_of_its_last_span() -> None:
    shown = plain(wrapped([line("  ", Span("label", "dim"), "  ", WORDS)], 40))
    assert shown.splitlines() == [
        "  label  one two three four five six",
        "         seven eight nine ten eleven",
        "         twelve",
    ]


def test_a_long_word_stays_whole_so_that_it_can_be_copied() -> None:
    path = "usr/lib/" + "x" * 60 + ".so"
    assert path in plain(wrapped([line("  ", f"needs {path}, which is nowhere")], 40)).splitlines()[1]


@pytest.mark.parametrize("row", [line(), line(WORDS), line(Span(WORDS, "bold"), " ", "and more")], ids=str)
def test_what_fits_or_has_no_place_to_hang_from_is_left_alone(row: Line) -> None:
    assert plain(wrapped([row], 72)) == plain([row])


def test_a_terminal_too_narrow_to_wrap_for_gets_whole_lines() -> None:
    assert plain(wrapped([line("  ", WORDS)], 20)) == f"  {WORDS}\n"


SPANS = st.builds(Span, st.text(), st.sampled_from(["", "bold", "dim", "bold red"]))


@given(st.lists(st.lists(SPANS).map(tuple), max_size=5), st.integers(1, 200))
def test_wrapping_changes_nothing_but_white_space(lines: list[Line], columns: int) -> None:
    assert plain(wrapped(lines, columns)).split() == plain(lines).split()


@given(st.lists(st.lists(SPANS).map(tuple), max_size=5))
def test_colour_adds_nothing_but_its_sequences(lines: list[Line]) -> None:
    assert ESCAPE_SEQUENCE.sub(b"", coloured(lines).encode()) == plain(lines).encode()


@pytest.mark.parametrize("columns", [70, 80, 120])
@pytest.mark.parametrize("arguments", [["check", ROUTER], ["check", CLEAN], ["info", "-v", HELLO], ["rules"]], ids=str)
def test_a_screen_is_as_wide_as_the_terminal_and_says_the_same(arguments: list[str], columns: int) -> None:
    screen = on_terminal(*arguments, columns=columns)
    told = ESCAPE_SEQUENCE.sub(b"", screen.shown).decode()
    assert told.split() == elfkit(*arguments).text.split()
    hanging = [row for row in told.splitlines() if row.startswith(" ") and " " in row.strip()]
    assert max(map(len, hanging)) <= columns


def test_a_terminal_gets_colour_unless_it_is_told_otherwise() -> None:
    assert b"\x1b[1;31m" in on_terminal("rules").shown
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert b"\x1b" not in on_terminal("rules", env=env).shown
    assert b"\x1b" not in on_terminal("rules", "--color", "never").shown
    assert b"\x1b" not in on_terminal("rules", "--json").shown


@pytest.mark.parametrize("columns", [80, 120])
def test_an_explanation_is_of_a_width_that_can_be_read_everywhere(columns: int) -> None:
    plain_text = elfkit("explain", "EK").text
    assert max(map(len, plain_text.splitlines())) <= 80
    shown = ESCAPE_SEQUENCE.sub(b"", on_terminal("explain", "EK", columns=columns).shown)
    assert re.sub(r"\r\n", "\n", shown.decode()) == plain_text

"""The report for people: every planted fault with its place and its bytes, and nothing that was not planted."""

import csv
import re
from functools import cache
from typing import NamedTuple

import pytest

from tests.cli.command import CLEAN, ESCAPE_SEQUENCE, HELLO, ROUTER, TREES, elfkit

with (TREES / "router.planted.csv").open(encoding="utf-8") as table:
    PLANTED = [(row["rule"], row["path"], row["subject"]) for row in csv.DictReader(table)]

HEADING = re.compile(r"(error|warning|note)\[(EK\d{3}) ([a-z0-9-]+)\] (.*)")
LABELLED = re.compile(r" {2}([a-z ]{8}) {2}(.*)")
PROOF = re.compile(
    r'(?:(?P<path>[\w./-]+): )?[\w ]+ at 0x(?P<at>[0-9a-f]+): (?:"(?P<text>.*)"|(?P<raw>[0-9a-f ]+) =.*)'
)


class Block(NamedTuple):
    """One finding as it is shown."""

    severity: str
    rule: str
    place: str
    message: str
    labelled: list[tuple[str, str]]

    def told(self, label: str) -> list[str]:
        return [text for name, text in self.labelled if name == label]

    @property
    def paths(self) -> list[str]:
        rows = [self.place, *self.told("also"), *self.told("needs it")]
        return [re.split(r":? ", row)[0] for row in rows]


@cache
def blocks(*options: str) -> list[Block]:
    shown = elfkit("check", ROUTER, *options).text
    found = []
    for part in shown.split("\n\n"):
        first, message, *others = [*part.splitlines(), ""]
        heading = HEADING.fullmatch(first)
        if heading:
            labelled = [match.groups() for row in others if (match := LABELLED.fullmatch(row))]
            rows = [(label.strip(), text) for label, text in labelled]
            found.append(Block(heading[1], heading[2], heading[4], message.strip(), rows))
    return found


@pytest.mark.parametrize(("rule", "path", "subject"), PLANTED)
def test_a_planted_fault_is_shown_with_its_place_and_its_proof(rule: str, path: str, subject: str) -> None:
    (block,) = [block for block in blocks("-v") if block.rule == rule and path in block.paths]
    assert block.told("evidence")
    assert any(subject in text for text in (block.message, *block.told("evidence")))
    assert len(block.told("why")) == len(block.told("help")) == 1


def test_nothing_is_shown_that_was_not_planted() -> None:
    planted = {(rule, path) for rule, path, _ in PLANTED}
    shown = {(block.rule, path) for block in blocks("-v") for path in block.paths if block.severity != "note"}
    assert shown == planted


def test_the_bytes_shown_are_the_bytes_of_the_file() -> None:
    seen = 0
    for block in blocks("-v"):
        for proof in block.told("evidence"):
            match = PROOF.fullmatch(proof)
            assert match, proof
            content = (ROUTER / (match["path"] or block.paths[0])).read_bytes()
            raw = match["text"].encode() if match["text"] is not None else bytes.fromhex(match["raw"])
            assert content[int(match["at"], 16) :].startswith(raw), (block, proof)
            seen += 1
    assert seen >= len({(block.rule, block.place) for block in blocks("-v")})


def test_the_worst_comes_first() -> None:
    order = [block.severity for block in blocks()]
    assert order == sorted(order, key=["error", "warning", "note"].index)


def test_the_last_line_counts() -> None:
    counts = [sum(block.severity == word for block in blocks()) for word in ("error", "warning")]
    last = elfkit("check", ROUTER).text.splitlines()[-1]
    assert last.startswith(f"Found {counts[0]} errors")
    assert f"{counts[1]} warnings" in last
    assert last.endswith("28 ELF files checked.")
    assert elfkit("check", CLEAN, "--ignore", "EK115").text.endswith("\nNo problem found in 14 ELF files.\n")
    assert elfkit("check", "pyproject.toml").text == "No ELF file found.\n"


def test_the_platform_of_a_tree_is_told_with_its_reason() -> None:
    shown = elfkit("check", CLEAN).text
    assert "\n  platform  MIPS 32-bit big-endian o32 soft-float musl (PID 1, sbin/init)\n" in shown


def test_quiet_shows_two_lines_a_finding_and_nothing_else() -> None:
    lines = elfkit("check", ROUTER, "-q").text.splitlines()
    assert len(lines) == 2 * len(blocks())
    assert all(HEADING.fullmatch(heading) for heading in lines[::2])
    assert all(message.startswith("  ") for message in lines[1::2])
    assert elfkit("check", CLEAN, "-q", "--ignore", "EK115").out == b""


def test_verbose_shows_what_is_folded_otherwise() -> None:
    folded = elfkit("check", ROUTER, "--select", "EK005,EK301").text
    whole = elfkit("check", ROUTER, "--select", "EK005,EK301", "-v").text
    assert "(-v shows all)" not in whole
    assert len(whole) >= len(folded)


def test_a_file_alone_says_what_was_not_evaluated() -> None:
    shown = elfkit("check", HELLO).text
    assert re.search(
        r"^  skipped   EK\d{3}, .*EK301, .*: they need a tree; name one with --root DIR$", shown, re.MULTILINE
    )


@pytest.mark.parametrize("arguments", [["check", ROUTER], ["check", ROUTER, "-v"], ["info", HELLO, "-v"], ["rules"]])
def test_colour_without_its_sequences_is_the_plain_text(arguments: list[str]) -> None:
    plain = elfkit(*arguments).out
    coloured = elfkit(*arguments, "--color", "always").out
    assert b"\x1b" not in plain
    assert b"\x1b[" in coloured
    assert ESCAPE_SEQUENCE.sub(b"", coloured) == plain


@pytest.mark.parametrize(
    ("option", "env", "coloured"),
    [
        ([], {}, False),  # standard output is a pipe
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "always"], {"TERM": "dumb"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--json", "--color", "always"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_who_decides_on_colour(option: list[str], env: dict[str, str], coloured: bool) -> None:  # noqa: FBT001
    shown = elfkit("rules", *option, env=env).out
    assert (b"\x1b[1;31m" in shown) is coloured

"""Every public accessor, called on one file of whatever bytes: each gives an answer, or one ElfkitError.

A step raises ElfkitError where elfkit refuses the file, and anything else where elfkit is wrong.
"""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import elfkit
from elfkit.checks.check import check
from elfkit.errors import ElfkitError, LimitError
from elfkit.image.image import Image, load
from elfkit.limits import DEFAULT_LIMITS
from elfkit.rebuild.report import Action
from elfkit.tables.relocations import read_relocations
from elfkit.tables.symbols import read_symbols
from elfkit.tables.verification import verify_hashes
from elfkit.tables.versions import read_versions
from elfkit_cli.arguments import build_parser
from elfkit_cli.main import main
from tests.image.proofs import unproven

OUTPUT = 8 << 20  # bytes that one command may print
NAMES = ("greet", "memcpy", "", "\udcff", "a" * (DEFAULT_LIMITS.string_bytes + 1))
CODES = {0, 1, 2, 3}
FOLDER = "FOLDER"  # a word of a command: the subject's


class Subject(NamedTuple):
    """The bytes, the file they lie in, and an empty folder beside it to write to."""

    content: bytes
    path: Path
    folder: Path


class BoundPassedError(BaseException):  # the command catches every Exception
    """elfkit prints more than it may."""


class Capped(io.StringIO):
    """Standard output that holds no more than a command may print."""

    def write(self, text: str) -> int:
        if self.tell() + len(text) > OUTPUT:
            raise BoundPassedError(f"more than {OUTPUT} bytes of output")
        return super().write(text)


def _facts(subject: Subject) -> None:
    with load(subject.path) as image:
        facts = elfkit.inspect(image)
        state = image.sections.state.value
    assert state == facts.section_headers.value
    assert pickle.loads(pickle.dumps(facts)) == facts  # noqa: S301 - our own bytes
    assert json.loads(json.dumps(facts.to_dict()))["class"] in (32, 64)
    assert unproven(subject.content, facts) == []


def _image(subject: Subject) -> None:
    with load(subject.path) as image:
        values = [value for _, value in image.dynamic.entries[:64]] if image.dynamic else []
        for value in (0, 1, 2**63, 2**64 - 1, *values):
            image.string(value)
            image.string_offset(value)
            image.extent_of(value)
        for tag in list(image.dynamic.values)[:64] if image.dynamic else []:
            image.dynamic_evidence(tag)
        for segment in image.segments[:64]:
            image.segment_evidence(segment, "p_offset")
        assert len(image.source.view(0, 2**64)) <= len(subject.content)
        assert repr(image)


def _symbols(subject: Subject) -> None:
    with load(subject.path) as image:
        table = read_symbols(image)
    rows = list(table)
    assert len(rows) == len(table) == len(table.names) == len(table.versions) == len(table.default)
    assert len(table.select(table.defined)) <= len(rows)
    assert set(table.columns()) >= {"name", "version", "value"}
    assert repr(table)
    json.dumps(table.count.to_dict())


def _lookup(subject: Subject) -> None:
    with load(subject.path) as image:
        table = read_symbols(image)
    names = [*NAMES, *table.names[:256]]
    found = table.search(names)
    assert len(found.symbol) == len(names)
    few = names[: len(NAMES) + 2]
    with suppress(LimitError):
        table.find(few)
    for name in few:
        with suppress(LimitError):
            for row in table.rows_of(name)[:8]:
                table.place(name, row)
            table.lookup(name)


def _tables(subject: Subject) -> None:
    with load(subject.path) as image:
        table = read_symbols(image)
        proofs = [*table.anomalies, *verify_hashes(image, table)]
        versions = read_versions(image, len(table))
        proofs += versions.anomalies
        versions.names()
        versions.needed_numbers()
        for relocations in read_relocations(image):
            assert relocations.largest_symbol() >= 0
            proofs += relocations.anomalies
    assert unproven(subject.content, proofs) == []


def _plan(subject: Subject) -> None:
    with load(subject.path) as image:
        plan = elfkit.plan_sections(image)
    assert all(section.because for section in plan.sections)


def _rebuild(subject: Subject) -> None:
    target = subject.folder / "target"
    try:
        report = elfkit.rebuild_sections(subject.path, target)
    except ElfkitError:
        assert not target.exists()
        raise
    finally:
        assert subject.path.read_bytes() == subject.content
    if report.action is Action.NOTHING:
        assert not target.exists()
        return
    assert report.checks
    assert target.stat().st_size >= len(subject.content)
    target.unlink()


def _dump(subject: Subject) -> None:
    """What lies in the file as one that was dumped from memory, at an address of which much is made."""
    elfkit.rebuild_sections(subject.path, memory_dump=0x400000)


def _thorough(subject: Subject) -> None:
    """Every rule, those that are off unless named too, in a tree of this one file."""
    report = check(subject.path, root=subject.folder, select=["EK"])
    assert not report.internal_error, [row.message for row in report.findings if row.rule == "EK907"]
    json.dumps(report.to_dict())


def _check(subject: Subject) -> None:
    report = check(subject.path)
    assert not report.internal_error, [row.message for row in report.findings if row.rule == "EK907"]
    json.dumps(report.to_dict())
    if report.not_elf or report.unusable:
        raise ElfkitError((*report.not_elf, *report.unusable)[0].reason)


def _command(*words: str) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        out, err = Capped(), Capped()
        with redirect_stdout(out), redirect_stderr(err):
            code = main([str(subject.folder) if word is FOLDER else word for word in (*words, str(subject.path))])
        said = err.getvalue()
        assert code in CODES
        assert "internal error" not in said, said
        assert "EK907" not in out.getvalue()
        if words[-1] == "--json":
            json.loads(out.getvalue())
        else:
            assert "\x1b" not in out.getvalue()

    return run


STEPS: Mapping[str, Callable[[Subject], None]] = {
    "image": _image,
    "facts": _facts,
    "symbols": _symbols,
    "lookup": _lookup,
    "tables": _tables,
    "plan": _plan,
    "rebuild": _rebuild,
    "dump": _dump,
    "check": _check,
    "thorough": _thorough,
    "elfkit info": _command("info", "-v"),
    "elfkit info --json": _command("info", "--json"),
    "elfkit symbols": _command("symbols", "-v"),
    "elfkit symbols --json": _command("symbols", "--json"),
    "elfkit lookup": _command("lookup", "-v", "greet"),
    "elfkit check": _command("check", "-v"),
    "elfkit check --json": _command("check", "--json"),
    "elfkit deps": _command("deps", "-v", "--root", FOLDER),
    "elfkit rebuild-sections": _command("rebuild-sections", "--dry-run", "-v"),
    "elfkit rebuild-sections --self-test": _command("rebuild-sections", "--self-test", "-v"),
}


def with_one_parser() -> None:
    """Build the command line's parser once: that takes longer than what it is asked for."""
    parser = build_parser()
    patch("elfkit_cli.main.build_parser", lambda _: parser).start()


def gives_an_image(content: bytes) -> Image | None:
    """The Image of these bytes, closed; None where elfkit refuses them."""
    try:
        with load(content) as image:
            return image
    except ElfkitError:
        return None

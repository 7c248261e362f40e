"""The reading primitive: clamped, budgeted, and never waiting."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.errors import FormatError, ReadError
from elfkit.image.image import load
from elfkit.image.source import HEAD_BYTES, Source
from elfkit.limits import Limits
from tests.elfwriter import Elf, build
from tests.image.proofs import at_most
from tests.needs import needs

LONG = bytes(range(256)) * 40  # 10,240 bytes: more than the first read takes
SMALL = build(Elf(needed=(b"libc.so",)))


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    path = tmp_path / "long"
    path.write_bytes(LONG)
    return path


@given(
    content=st.binary(max_size=64),
    offset=st.one_of(st.integers(-80, 80), st.integers(-(2**80), 2**80)),
    size=st.one_of(st.integers(-80, 80), st.integers(-(2**80), 2**80)),
)
def test_a_view_is_the_part_of_the_file_that_exists(content: bytes, offset: int, size: int) -> None:
    inside = 0 <= offset < len(content) and size > 0
    expected = content[offset : offset + size] if inside else b""
    assert Source.of_bytes(content).view(offset, size) == expected


@pytest.mark.parametrize(
    ("offset", "size"),
    [(0, 16), (HEAD_BYTES - 1, 2), (HEAD_BYTES, 9), (len(LONG) - 3, 99), (0, 2**70), (0, -1), (-1, 4), (2**64, 1)],
)
def test_a_file_and_its_bytes_give_the_same_view(long_file: Path, offset: int, size: int) -> None:
    with Source.open(str(long_file)) as source:
        view = source.view(offset, size)
    assert view == Source.of_bytes(LONG).view(offset, size)
    assert view == (LONG[offset : offset + max(size, 0)] if offset >= 0 else b"")


def test_reading_beyond_the_budget_comes_back_short(long_file: Path) -> None:
    with Source.open(str(long_file), limits=Limits(bytes_read=6000)) as source:
        spent = [(source.view(*span), source.budget.exhausted) for span in ((0, 5000), (5000, 5000), (5000, 10))]
    assert spent == [(LONG[:5000], False), (LONG[5000:6000], True), (b"", True)]


def test_an_image_whose_budget_is_spent_says_so(tmp_path: Path) -> None:
    path = tmp_path / "wide"
    path.write_bytes(build(Elf(needed=(b"libc.so",), extra=(("hole", bytes(2 * HEAD_BYTES)),))))
    with load(path, limits=Limits(bytes_read=16)) as image:
        facts = elfkit.inspect(image)
    assert [anomaly.detail for anomaly in facts.anomalies if anomaly.damage.value == "limit"] == [
        "reading it takes more than 16 bytes"
    ]
    with load(path) as image:
        assert elfkit.inspect(image).anomalies == ()


def test_a_closed_source_refuses_to_read_and_closes_twice(long_file: Path) -> None:
    source = Source.open(str(long_file))
    source.close()
    source.close()
    with pytest.raises(ReadError, match="was closed"):
        source.view(0, len(LONG))


def test_a_source_closes_its_descriptor_at_the_end_of_with(long_file: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else None
    with Source.open(str(long_file)) as source:
        assert source.view(9000, 4) == LONG[9000:9004]
    assert repr(source) == f"Source({str(long_file)!r}, {len(LONG)} bytes)"
    if before is not None:
        assert len(os.listdir("/proc/self/fd")) == before


def test_an_image_that_cannot_be_parsed_leaves_no_descriptor_open(long_file: Path) -> None:
    descriptor = os.open(long_file, os.O_RDONLY)
    os.close(descriptor)
    for _ in range(3):
        with pytest.raises(FormatError):
            elfkit.load(long_file)
    following = os.open(long_file, os.O_RDONLY)
    os.close(following)
    assert following == descriptor


@pytest.mark.parametrize("writer", [False, True], ids=["nobody writes", "somebody writes"])
def test_a_fifo_is_refused_without_waiting(tmp_path: Path, *, writer: bool) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    held = os.open(fifo, os.O_RDWR) if writer else -1
    with at_most(5), pytest.raises(ReadError, match="is a FIFO"):
        elfkit.load(fifo)
    if held >= 0:
        os.close(held)


def test_a_directory_and_a_device_are_refused_by_their_kind(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is a directory"):
        elfkit.load(tmp_path)
    with pytest.raises(ReadError, match="is a character device"):
        elfkit.load("/dev/null")


def test_a_socket_is_refused_by_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(ReadError, match="socket"):
            elfkit.load("socket")


def test_a_missing_file_a_loop_and_a_long_name_are_one_sentence_each(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name, words in (
        ("absent", "no such file"),
        ("loop", "is a loop of symbolic links"),
        ("n" * 300, "name is too long"),
    ):
        with pytest.raises(ReadError, match=words) as caught:
            elfkit.load(tmp_path / name)
        assert str(caught.value).count("\n") == 0


def test_a_symbolic_link_is_refused_where_it_must_not_be_followed(tmp_path: Path, long_file: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(long_file)
    with Source.open(str(link)) as source:
        assert source.size == len(LONG)
    with pytest.raises(ReadError, match="symbolic link"):
        Source.open(str(link), follow=False)


def test_a_nul_in_a_name_is_refused() -> None:
    with pytest.raises(ReadError, match="holds a NUL byte"):
        elfkit.load("bin/\0sh")


def test_a_name_that_is_no_utf_8_is_opened(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9")
    path.write_bytes(SMALL)
    with elfkit.load(path) as image:
        assert image.source.name == str(path)


@needs("root")
def test_an_unreadable_file_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(SMALL)
    path.chmod(0)
    # root reads everything: ask as nobody, through the folder that only root may enter otherwise
    script = """
import os, sys, elfkit
import elfkit.image.image
os.chdir(sys.argv[1]); os.setgid(65534); os.setuid(65534)
try:
    elfkit.load("secret")
except elfkit.image.source.ReadError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    child = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert (child.stdout, child.stderr) == ("secret: permission denied\n", "")


def test_a_file_that_shrinks_while_it_is_read_gives_a_short_view(long_file: Path) -> None:
    with Source.open(str(long_file)) as source:
        os.truncate(long_file, 6000)
        assert source.view(5000, 5000) == LONG[5000:6000]
        assert source.view(8000, 4) == b""
        assert source.size == len(LONG)


def test_an_image_of_a_file_that_shrinks_still_has_facts(tmp_path: Path) -> None:
    path = tmp_path / "shrinking"
    path.write_bytes(build(Elf(extra=(("hole", bytes(2 * HEAD_BYTES)),), needed=(b"libc.so",))))
    with Source.open(str(path)) as source:
        os.truncate(path, HEAD_BYTES)
        with elfkit.load(path) as image:
            assert "truncated" in {anomaly.damage.value for anomaly in elfkit.inspect(image).anomalies}
        assert source.view(HEAD_BYTES, 8) == b""


def test_an_open_file_is_read_whatever_its_position_and_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "open"
    path.write_bytes(SMALL)
    with path.open("rb") as file:
        file.seek(17)
        with elfkit.load(file) as image:
            assert image.source.name == str(path)
            assert elfkit.inspect(image).needed.value == ("libc.so",)
        assert (file.tell(), file.closed) == (17, False)


def test_a_file_without_a_descriptor_is_read_whole() -> None:
    with elfkit.load(io.BytesIO(SMALL)) as image:
        assert (image.source.size, elfkit.inspect(image).needed.value) == (len(SMALL), ("libc.so",))


@pytest.mark.parametrize("view", [bytes, bytearray, memoryview])
def test_bytes_of_any_sort_are_never_taken_for_a_path(view: type[bytes]) -> None:
    with elfkit.load(view(SMALL)) as image:
        assert image.source.size == len(SMALL)
    with pytest.raises(FormatError):
        elfkit.load(view(b"/bin/sh"))


@pytest.mark.parametrize("packing", [gzip, bz2], ids=["gzip", "bz2"])
def test_a_compressed_file_is_read_as_what_it_unpacks_to(tmp_path: Path, packing: ModuleType) -> None:
    path = tmp_path / "packed"
    path.write_bytes(packing.compress(SMALL))
    with packing.open(path, "rb") as file, elfkit.load(file) as image:
        assert elfkit.inspect(image).needed.value == ("libc.so",)


def test_a_name_that_the_file_system_cannot_spell_is_refused() -> None:
    with pytest.raises(ReadError, match="cannot be spelled"):
        elfkit.load("bin/\ud800")


def test_a_link_is_told_from_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "loop").symlink_to("loop")
    for name, words in (("link", "is a symbolic link"), ("loop/file", "the way to it is a loop of symbolic links")):
        with pytest.raises(ReadError) as caught:
            Source.open(str(tmp_path / name), follow=False)
        assert caught.value.reason == words

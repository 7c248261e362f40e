"""Data behind the last segment is somebody's; remnants of sections are nobody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fidelity_tables import Form
from elfkit.errors import RefusedError
from elfkit.rebuild.overlay import refuse_overlay
from elfkit.rebuild.report import Action
from tests.elfwriter import patch
from tests.rebuild.samples import LIBRARY, WHOLE, cut, image, name_of, rebuilt, table_of

PAYLOAD = b"hsqs" + bytes(range(256)) * 8  # as an AppImage or a signature: no string of an ELF file in it


def test_data_behind_the_last_segment_is_refused(tmp_path: Path) -> None:
    content = cut(LIBRARY) + PAYLOAD
    with pytest.raises(RefusedError) as caught:
        rebuilt(content, tmp_path)
    assert str(caught.value) == (
        f"<bytes>: {len(PAYLOAD)} bytes of data lie behind its last segment, at {len(cut(LIBRARY)):#x}: a payload or a "
        "signature is found by the size of the file, which would grow; overlay=True allows it"
    )
    assert list(tmp_path.iterdir()) == []


def test_data_behind_the_last_segment_stays_where_it_is_if_that_is_wished(tmp_path: Path) -> None:
    content = cut(LIBRARY) + PAYLOAD
    result = rebuilt(content, tmp_path, overlay=True, independent=True)
    assert result.report.action is Action.REBUILT
    assert result.content[len(cut(LIBRARY)) :].startswith(PAYLOAD)
    names = result.table.named(".shstrtab")
    assert names is not None
    assert names.offset >= len(content)


TRAILERS = {
    "an ELF file": LIBRARY.read_bytes(),
    "an ELF file without section headers": cut(LIBRARY),
    "an ELF file whose table was zeroed": patch(cut(LIBRARY, Form.WIPED), 0x968, bytes(20 * 64)),
    "an archive with names of sections": b"lib.so".ljust(512, b"\0")
    + b"\0.text\0.shstrtab\0.data\0"
    + b"an entry\n".ljust(512, b"\0"),
    "a module's signature": b"0\x82signature~Module signature appended~\n",
    "text": b"MAGIC",
    "text that ends": b"\0\0MAGIC\0",
    "a number": (4096).to_bytes(8, "little"),
}


@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS)
@pytest.mark.parametrize(
    "content",
    [
        cut(LIBRARY),
        cut(LIBRARY, Form.WIPED)[:0x968],  # the remnants without the table
        patch(cut(LIBRARY, Form.WIPED), 0x968, bytes(20 * 64)),
        cut(LIBRARY, Form.WIPED),
    ],
    ids=["nothing", "remnants", "remnants and zeros", "remnants and the table"],
)
def test_what_comes_behind_remnants_is_somebodys(content: bytes, trailer: bytes) -> None:
    refuse = image(content + trailer)
    with pytest.raises(RefusedError):
        refuse_overlay(refuse)


@pytest.mark.parametrize("trailer", TRAILERS.values(), ids=TRAILERS)
@pytest.mark.parametrize("damage", [0, 4, 32], ids=["whole", "names", "sizes"])
def test_what_comes_behind_a_table_is_somebodys(trailer: bytes, damage: int) -> None:
    raw = LIBRARY.read_bytes()
    damaged = patch(raw, 0x968 + 64 * 12 + damage, b"\xff" * 4) if damage else raw
    refuse_overlay(image(damaged))
    with pytest.raises(RefusedError):
        refuse_overlay(image(damaged + trailer))


@pytest.mark.parametrize("size", [1, 4096, 70_000])
def test_zeros_behind_the_last_segment_are_no_data(size: int) -> None:
    refuse_overlay(image(cut(LIBRARY) + bytes(size)))


def test_one_byte_behind_zeros_is_data() -> None:
    with pytest.raises(RefusedError):
        refuse_overlay(image(cut(LIBRARY) + bytes(70_000) + b"\x01"))


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_what_a_linker_left_behind_is_no_overlay(path: Path) -> None:
    assert path.stat().st_size > len(cut(path))
    refuse_overlay(image(cut(path, Form.WIPED)))


def test_remnants_of_sections_whose_table_was_zeroed_are_no_overlay(tmp_path: Path) -> None:
    content, start = cut(LIBRARY, Form.WIPED), 0x968  # e_shoff, readelf says
    assert int.from_bytes(LIBRARY.read_bytes()[0x28:0x30], "little") == start
    zeroed = patch(content, start, bytes(len(content) - start))
    result = rebuilt(zeroed, tmp_path)
    assert result.report.action is Action.REBUILT
    assert result.content[: len(zeroed)].startswith(zeroed[64:256], 64)
    assert result.table.named(".dynsym") is not None


def test_a_segment_that_is_not_loaded_is_no_overlay() -> None:
    path = LIBRARY.parents[1] / "riscv64" / "libgreet.so"
    loads = [segment for segment in table_of(path).segments if segment.type == "PT_LOAD"]
    assert max(segment.offset + segment.filesz for segment in loads) < len(cut(path))  # .riscv.attributes lies behind
    refuse_overlay(image(cut(path)))

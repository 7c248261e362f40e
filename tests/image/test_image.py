"""The image as a handle, and evidence as bytes of the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import elfkit
from elfkit.errors import ElfkitError, ReadError
from tests.elfwriter import patch
from tests.image.proofs import evidence_of, fixtures, unproven
from tests.image.samples import every_layout, sample


@every_layout
def test_all_evidence_stands_in_the_file_at_its_offset(elf_class: int, data: int) -> None:
    content = sample(elf_class, data).data
    with elfkit.load(content) as image:
        facts = elfkit.inspect(image)
    placed = [proof for proof in evidence_of(facts) if proof.offset is not None]
    assert len(placed) > 20
    assert unproven(content, facts) == []


@pytest.mark.parametrize("path", fixtures("*"), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_all_evidence_of_a_real_file_stands_in_it(path: Path) -> None:
    with elfkit.load(path) as image:
        facts = elfkit.inspect(image)
    assert unproven(path.read_bytes(), facts) == []
    assert facts.anomalies == ()


@every_layout
@given(data_=st.data())
def test_all_evidence_of_a_damaged_file_stands_in_it(elf_class: int, data: int, data_: st.DataObject) -> None:
    content = sample(elf_class, data).data
    for _ in range(data_.draw(st.integers(1, 4))):
        raw = data_.draw(st.binary(min_size=1, max_size=8))
        content = patch(content, data_.draw(st.integers(16, len(content) - 8)), raw)
    try:
        with elfkit.load(content) as image:
            facts = elfkit.inspect(image)
    except ElfkitError:
        return
    assert unproven(content, facts) == []


def test_facts_stay_valid_when_the_image_is_closed() -> None:
    with elfkit.load(sample().data) as image:
        facts = elfkit.inspect(image)
    image.close()
    assert facts.needed.value == ("libgreet.so", "libc.so")


def test_an_image_of_a_closed_file_refuses_to_read_on(tmp_path: Path) -> None:
    path = tmp_path / "closed"
    path.write_bytes(sample().data + bytes(8192))
    image = elfkit.load(path)
    image.close()
    with pytest.raises(ReadError, match="was closed"):
        image.source.view(8000, 4)


def test_an_image_names_itself(tmp_path: Path) -> None:
    path = tmp_path / "named"
    path.write_bytes(sample(1, 2).data)
    with elfkit.load(path) as image:
        assert repr(image) == f"Image({str(path)!r}, 32-bit, 8 segments)"


def test_a_path_may_be_text_or_an_object(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(sample().data)
    with elfkit.load(path) as one, elfkit.load(str(path)) as other:
        assert elfkit.inspect(one) == elfkit.inspect(other)

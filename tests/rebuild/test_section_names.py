from __future__ import annotations

from pathlib import Path

import pytest

from elfkit.rebuild.section_names import section_names
from tests.elfwriter import patch
from tests.rebuild.samples import LIBRARY, WHOLE, cut, image, name_of, table_of


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_sections_are_called_what_pyelftools_calls_them(path: Path) -> None:
    assert section_names(image(path.read_bytes())) == tuple(row.name for row in table_of(path).rows)


def test_without_sections_there_are_no_names() -> None:
    assert section_names(image(cut(LIBRARY))) == ()


def test_without_a_string_table_names_are_empty() -> None:
    raw = LIBRARY.read_bytes()
    start = int.from_bytes(raw[0x28:0x30], "little") + 19 * 64  # .shstrtab is row 19
    assert set(section_names(image(patch(raw, start + 24, (1 << 40).to_bytes(8, "little"))))) == {""}

"""Headers, program headers, dynamic entries and notes of every real file equal what readelf -hldn -W says."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from elfkit.image.image import load
from tests.elfwriter import patch
from tests.needs import needs
from tests.real.archives import ARCHIVES, Archive
from tests.real.archives import obtain as unpacked
from tests.real.fetch import LIBRARIES, Root, UnavailableError, elf_files, obtain
from tests.real.fields import OPTIONS, Fields
from tests.real.readelf import BATCH, readelf, split

pytestmark = needs("readelf")

ALLOWED: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("allowed_fields.toml").read_text())["allowed"]
HELLO = Path(__file__).parents[2] / "fixtures" / "machines" / "mips-soft" / "hello"
SHOWN = 40


def differing(root: Path, fields: Fields) -> list[tuple[Path, str, str]]:
    """Every difference below `root`: path, field, what both say."""
    found = []
    paths = list(elf_files(root))
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        for path, said in zip(batch, split(readelf(batch, OPTIONS), [*map(str, batch)]), strict=True):
            with load(path) as image:
                found += [(path.relative_to(root), field, line) for field, line in fields.differing(image, said)]
    return found


def unexplained(name: str, found: list[tuple[Path, str, str]]) -> list[str]:
    """The differences that no row of the list covers; of rows for this root, also those that cover nothing."""
    rows = [row for row in ALLOWED if fnmatchcase(name, row["root"])]
    left = [item for item in found if not any(fnmatchcase(item[1], row["field"]) for row in rows)]
    lines = [f"{path}: {field}: {said}" for path, field, said in left]
    idle = [row["field"] for row in rows if not any(fnmatchcase(field, row["field"]) for _, field, _ in found)]
    return lines + [f"nothing is covered by the row for {field}" for field in idle]


def judge(root: Root, report: Callable[[str], None]) -> None:
    fields = Fields()
    found = differing(root.path, fields)
    report(f"{root.name}: {fields.compared:,} fields, {len(found):,} differences, all of them explained or told")
    assert fields.compared
    wrong = unexplained(root.name, found)
    assert not wrong, "\n".join([*wrong[:SHOWN], f"... {len(wrong)} in all"])


def test_every_field_of_a_real_tree_equals_what_readelf_says(root: Root, report: Callable[[str], None]) -> None:
    judge(root, report)


@pytest.mark.parametrize("row", LIBRARIES, ids=lambda row: row.name)
def test_every_field_of_libraries_of_all_machines_equals_what_readelf_says(
    row: Any,  # noqa: ANN401 - one of LIBRARIES
    report: Callable[[str], None],
) -> None:
    judge(obtain(row), report)


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.name)
def test_every_field_of_odd_libraries_equals_what_readelf_says(archive: Archive, report: Callable[[str], None]) -> None:
    try:
        members = unpacked(archive)
    except UnavailableError as reason:
        pytest.skip(f"{archive.name}: {reason}")
    judge(Root(f"archive-{archive.name}", "archive", next(iter(members.values())).parent), report)


@pytest.mark.parametrize("offset", [0x18, 0x24, 0x2A, 0x38, 0x3C, 0x48])
def test_a_field_that_differs_is_told(offset: int, tmp_path: Path) -> None:
    """readelf says what it says of the sound file, elfkit of one whose header or first program header is changed."""
    said = readelf([HELLO], OPTIONS)
    content = HELLO.read_bytes()
    path = tmp_path / "file"
    path.write_bytes(patch(content, offset, bytes([content[offset] ^ 0x55])))
    fields = Fields()
    with load(HELLO) as image:
        assert list(fields.differing(image, said)) == []
    with load(path) as image:
        assert list(fields.differing(image, said))


def test_every_row_of_the_list_has_a_reason() -> None:
    assert all(row.keys() == {"root", "field", "reason"} and row["reason"] for row in ALLOWED)

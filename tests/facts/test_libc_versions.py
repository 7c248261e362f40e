"""The C library that symbol versions name."""

from __future__ import annotations

import pytest

from elfkit.evidence import Certainty
from tests.elfwriter import Elf, build, patch
from tests.facts.version_needs import needing_versions
from tests.image.proofs import concluded
from tests.image.samples import every_layout

NEEDS = {
    "glibc": ([(b"libc.so.6", b"GLIBC_2.17")], "glibc"),
    "glibc behind another library": ([(b"libz.so.1", b"ZLIB_1.2"), (b"libm.so.6", b"GLIBC_2.29")], "glibc"),
    "bionic": ([(b"libc.so", b"LIBC_N")], "bionic"),
    "bionic's first": ([(b"libc.so", b"LIBC")], "bionic"),
    "libgcc's own": ([(b"libgcc_s.so.1", b"GLIBC_2.0")], "unknown"),
    "libstdc++": ([(b"libstdc++.so.6", b"GLIBCXX_3.4")], "unknown"),
    "another library's": ([(b"libx.so", b"LIBC_1")], "unknown"),
}


@pytest.mark.parametrize(("needs", "libc"), NEEDS.values(), ids=NEEDS)
@every_layout
def test_versions_name_the_c_library(elf_class: int, data: int, needs: list[tuple[bytes, bytes]], libc: str) -> None:
    content = needing_versions(Elf(elf_class, data), *needs).data
    fact = concluded(content).libc_versions
    assert fact is not None
    assert fact.value == libc
    for proof in fact.evidence:
        assert proof.offset is not None
        assert content[proof.offset :].startswith(needs[-1][1] + b"\0")
        assert proof.raw == needs[-1][1]


def test_a_file_without_versions_names_none() -> None:
    fact = concluded(build(Elf(needed=(b"libc.so.6",)))).libc_versions
    assert fact == ("unknown", Certainty.UNKNOWN, (), "")


@pytest.mark.parametrize("place", range(0, 64, 4))
@pytest.mark.parametrize("raw", [b"\xff\xff\xff\xff", bytes(4), b"\1\0\0\0"], ids=bytes.hex)
def test_a_broken_chain_ends(place: int, raw: bytes) -> None:
    written = needing_versions(Elf(), (b"libz.so.1", b"ZLIB_1.2"), (b"libc.so.6", b"GLIBC_2.17"))
    damaged = patch(written.data, written.blobs["verneed"][0] + place, raw)
    fact = concluded(damaged).libc_versions
    assert fact is not None
    assert fact.value in {"glibc", "unknown"}


def test_a_count_of_four_billion_is_bounded_by_the_table() -> None:
    written = needing_versions(Elf(), (b"libz.so.1", b"ZLIB_1.2"))
    fact = concluded(written.also("DT_VERNEEDNUM", "d_val", 0xFFFFFFFF).data).libc_versions
    assert fact is not None
    assert fact.value == "unknown"

"""The GLIBC_ABI_* versions that a file needs or defines."""

from pathlib import Path

import pytest

from elfkit.evidence import Certainty
from tests.elfwriter import Elf, build, patch
from tests.facts.version_needs import needing_versions
from tests.image.proofs import at_most, concluded, unproven
from tests.image.samples import every_layout

RELR = "GLIBC_ABI_DT_RELR"


@every_layout
def test_needed_versions_of_that_name_are_told(elf_class: int, data: int) -> None:
    needs = ((b"libz.so.1", b"ZLIB_1.2"), (b"libc.so.6", b"GLIBC_ABI_DT_RELR"), (b"libm.so.6", b"GLIBC_2.29"))
    content = needing_versions(Elf(elf_class, data), *needs).data
    fact = concluded(content).glibc_abi
    assert fact is not None
    assert fact.value == (RELR,)
    assert [proof.source for proof in fact.evidence] == ["DT_VERNEED version"]
    assert not unproven(content, fact)


def test_the_build_host_s_c_library_defines_what_its_release_brings() -> None:
    """Debian's glibc 2.36 and newer; the version is listed by `readelf -V` as well, which the fact is held against."""
    library = next(iter(Path("/lib").glob("*-linux-gnu*/libc.so.6")), None)
    if library is None:
        pytest.fail("no glibc on this machine")
    content = library.read_bytes()
    fact = concluded(content).glibc_abi
    assert fact is not None
    assert (RELR in fact.value) == (RELR.encode() + b"\0" in content)
    assert all(proof.source == "DT_VERDEF version" for proof in fact.evidence)


def test_a_file_without_versions_has_none() -> None:
    assert concluded(build(Elf())).glibc_abi == ((), Certainty.DERIVED, (), "")


@pytest.mark.parametrize("place", range(0, 64, 4))
@pytest.mark.parametrize("raw", [b"\xff\xff\xff\xff", bytes(4), b"\1\0\0\0", b"\x10\0\0\0"], ids=bytes.hex)
def test_a_broken_chain_ends(place: int, raw: bytes) -> None:
    written = needing_versions(Elf(), (b"libz.so.1", b"ZLIB_1.2"), (b"libc.so.6", RELR.encode()))
    damaged = patch(written.data, written.blobs["verneed"][0] + place, raw)
    with at_most(2):
        fact = concluded(damaged).glibc_abi
    assert fact is not None
    assert set(fact.value) <= {RELR}
    assert not unproven(damaged, fact)

"""Which release of a C library a file is."""

from pathlib import Path

import pytest

from elfkit.evidence import Certainty
from tests.elfwriter import Elf, build
from tests.firmware.plants import FIXTURES
from tests.image.proofs import concluded, unproven

GLIBC = b"\0GNU C Library (Debian GLIBC 2.36-9+deb12u7) stable release version 2.36.\nCopyright\0"
MUSL = b"\0musl libc (mips-sf)\nVersion %s\n\0"


def release(text: bytes, soname: bytes | None, needed: tuple[bytes, ...] = ()) -> tuple[str | None, Certainty]:
    content = build(Elf(soname=soname, needed=needed, extra=(("texts", text),)))
    fact = concluded(content).libc_release
    assert fact is not None
    assert not unproven(content, fact)
    return fact.value, fact.certainty


def test_musl_s_is_the_release_whose_source_it_was_built_from() -> None:
    recipe = (FIXTURES / "recipes/musl.py").read_text()
    fact = concluded((FIXTURES / "trees/router/lib/libc.so").read_bytes()).libc_release
    assert fact is not None
    assert fact.value is not None
    assert f"musl_{fact.value}" in recipe or f'"{fact.value}' in recipe


def test_the_build_host_s_own_is_the_one_that_it_prints() -> None:
    """The C library is a file like any other here; what it says of itself is read from the package's database."""
    library = next(iter(Path("/lib").glob("*-linux-gnu*/libc.so.6")), None)
    status = Path("/var/lib/dpkg/status").read_text(encoding="utf-8", errors="replace")
    if library is None or "Package: libc6\n" not in status:
        pytest.fail("no Debian glibc on this machine")
    version = status.split("Package: libc6\n")[1].split("\nVersion: ")[1].split("-")[0]
    fact = concluded(library.read_bytes()).libc_release
    assert fact is not None
    assert fact.value == version


@pytest.mark.parametrize(
    ("text", "soname", "found"),
    [
        (GLIBC, b"libc.so.6", "2.36"),
        (b"GNU C Library stable release version 2.3.6, by Roland", b"libc.so.6", "2.3.6"),
        (MUSL + b"1.2.5\0", None, "1.2.5"),
        (MUSL + b"1.2.5-git-30-g86373b4\0", None, "1.2.5"),
        (MUSL + b"1.1.24\0", b"libc.musl-mips-sf.so.1", "1.1.24"),
        (MUSL + b"1.1.24\0001.2.0\0", None, None),  # two texts that can be a release
        (b"1.1.24\0", None, None),  # not musl
        (GLIBC, b"libother.so.6", None),
    ],
    ids=str,
)
def test_texts_tell_the_release(text: bytes, soname: bytes | None, found: str | None) -> None:
    assert release(text, soname)[0] == found


def test_a_program_that_holds_the_texts_is_no_c_library() -> None:
    assert release(MUSL + b"1.2.5\0", None, (b"libc.so",)) == (None, Certainty.DERIVED)


def test_a_c_library_that_does_not_say_is_unknown() -> None:
    assert release(b"nothing", b"libc.so.6") == (None, Certainty.UNKNOWN)

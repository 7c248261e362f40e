"""Interpreter, libraries, search paths and C library."""

from __future__ import annotations

import pytest

from elfkit.abi.header import ET_EXEC
from elfkit.evidence import Certainty, Damage
from tests.elfwriter import Elf, build, patch, write
from tests.image.proofs import anomalies, concluded
from tests.image.samples import every_layout

LOADER = b"/lib/ld-uClibc.so.0"


@every_layout
def test_names_are_the_bytes_of_the_string_table(elf_class: int, data: int) -> None:
    elf = Elf(
        elf_class, data, needed=(b"b.so", b"a.so", b"b.so"), soname=b"self.so", rpath=b"/r:$ORIGIN", runpath=b"/u"
    )
    built = write(elf)
    facts = concluded(built.data)
    assert facts.needed.value == ("b.so", "a.so", "b.so")  # in file order, repetitions kept
    assert (facts.soname.value, facts.rpath.value, facts.runpath.value) == ("self.so", "/r:$ORIGIN", "/u")
    start = built.blobs["dynstr"][0]
    assert facts.needed.evidence[1] == ("DT_NEEDED", start + 6, b"a.so", "a.so", "")
    assert facts.soname.evidence == (("DT_SONAME", start + 16, b"self.so", "self.so", ""),)


def test_what_a_file_does_not_have_is_none_and_known() -> None:
    facts = concluded(build(Elf()))
    for fact in (facts.interpreter, facts.soname, facts.rpath, facts.runpath):
        assert (fact.value, fact.certainty, fact.evidence) == (None, Certainty.DERIVED, ())
    assert facts.needed == ((), Certainty.DERIVED, (), "")


def test_an_empty_name_is_a_name() -> None:
    facts = concluded(build(Elf(soname=b"", runpath=b"", needed=(b"",))))
    assert (facts.soname.value, facts.runpath.value, facts.needed.value) == ("", "", ("",))


@every_layout
def test_the_interpreter_is_the_path_of_the_first_pt_interp(elf_class: int, data: int) -> None:
    built = write(Elf(elf_class, data, type=ET_EXEC, interpreter=LOADER, notes=()))
    fact = concluded(built.data).interpreter
    assert fact == (
        LOADER.decode(),
        Certainty.STATED,
        (("PT_INTERP", built.blobs["interp"][0], LOADER, LOADER.decode(), ""),),
        "",
    )
    second = built.patched("PT_GNU_STACK", "p_type", 3)  # another PT_INTERP, over the ELF header
    assert concluded(second).interpreter.value == LOADER.decode()


@pytest.mark.parametrize(
    ("raw", "detail"),
    [(b"\0" + LOADER[1:], "path is empty"), (LOADER + b"!", "not ended by NUL")],
)
def test_a_path_that_the_kernel_refuses_is_an_anomaly(raw: bytes, detail: str) -> None:
    built = write(Elf(type=ET_EXEC, interpreter=LOADER))
    content = patch(built.data, built.blobs["interp"][0], raw)
    (found,) = anomalies(content)
    assert found.damage is Damage.INTERPRETER
    assert detail in found.detail
    assert (found.evidence.offset, found.evidence.value) == (built.blobs["interp"][0], None)
    assert concluded(content).interpreter[:2] == (None, Certainty.UNKNOWN)


@pytest.mark.parametrize("length", [4095, 4096])
def test_a_path_is_read_up_to_the_limit(length: int) -> None:
    fact = concluded(build(Elf(type=ET_EXEC, interpreter=b"/" * length))).interpreter
    assert fact.value == ("/" * length if length < 4096 else None)


def test_a_path_that_is_no_utf_8_keeps_its_bytes() -> None:
    fact = concluded(build(Elf(type=ET_EXEC, interpreter=b"/lib/\xff\n"))).interpreter
    assert fact.value is not None
    assert fact.value.encode("utf-8", "surrogateescape") == b"/lib/\xff\n"


@pytest.mark.parametrize(
    ("elf", "libc", "source"),
    [
        (Elf(type=ET_EXEC, interpreter=b"/lib/ld-musl-mips-sf.so.1", needed=(b"libc.so.6",)), "musl", "PT_INTERP"),
        (Elf(type=ET_EXEC, interpreter=b"/lib/ld-linux-aarch64.so.1"), "glibc", "PT_INTERP"),
        (Elf(type=ET_EXEC, interpreter=LOADER), "uclibc", "PT_INTERP"),
        (Elf(type=ET_EXEC, interpreter=b"/sbin/loader", needed=(b"libm.so.6", b"libc.so.6")), "glibc", "DT_NEEDED"),
        (Elf(soname=b"libc.so.0"), "uclibc", "DT_SONAME"),
        (Elf(needed=(b"libz.so.1", b"libc.so")), "musl", "DT_NEEDED"),
        (Elf(needed=(b"libc.so", b"libdl.so")), "bionic", "DT_NEEDED"),
        (Elf(needed=(b"libz.so.1",)), "unknown", None),
        (Elf(type=ET_EXEC, dynamic=False), "none", None),
    ],
)
def test_the_c_library_is_told_by_interpreter_own_name_and_needed_names(
    elf: Elf, libc: str, source: str | None
) -> None:
    fact = concluded(build(elf)).libc
    assert fact.value == libc
    assert [proof.source for proof in fact.evidence] == ([source] if source else [])

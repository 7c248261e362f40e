"""Symbols of type STT_GNU_IFUNC."""

import subprocess

import pytest

from tests.elfwriter import Elf, Sym, build
from tests.firmware.plants import FIXTURES
from tests.image.proofs import concluded, unproven
from tests.image.samples import every_layout
from tests.needs import needs

LINKED = FIXTURES / "rules/EK213/bad/usr/lib/libplain.so"


@every_layout
@pytest.mark.parametrize("shndx", [0, 1])
def test_they_are_named_whether_defined_or_not(elf_class: int, data: int, shndx: int) -> None:
    symbols = (Sym(b"greet", value=8), Sym(b"fast", info=0x1A, shndx=shndx), Sym(b"weak", info=0x2A, value=16))
    content = build(Elf(elf_class, data, symbols=symbols, sysv_words=4))
    fact = concluded(content).indirect_functions
    assert fact is not None
    assert (sorted(fact.value), fact.detail) == (["fast", "weak"], "2")
    assert not unproven(content, fact)


def test_bytes_behind_the_symbol_table_are_no_symbols() -> None:
    """Ten in every byte where types would stand: the table of one symbol ends before them."""
    content = build(Elf(symbols=(Sym(b"greet", value=8),), sysv_words=4, code=b"\x1a" * 480))
    fact = concluded(content).indirect_functions
    assert fact is not None
    assert fact.value == ()


@needs("readelf")
def test_a_linked_file_has_those_that_readelf_lists() -> None:
    said = subprocess.run(["readelf", "-W", "--dyn-syms", LINKED], capture_output=True, text=True, check=True).stdout
    listed = {line.split()[-1] for line in said.splitlines() if " IFUNC " in line or "specific>: 10" in line}
    fact = concluded(LINKED.read_bytes()).indirect_functions
    assert fact is not None
    assert set(fact.value) == listed
    assert listed


def test_many_are_counted_and_the_first_are_named() -> None:
    symbols = tuple(Sym(b"f%d" % number, info=0x1A, value=number + 1) for number in range(40))
    fact = concluded(build(Elf(symbols=symbols, sysv_words=4))).indirect_functions
    assert fact is not None
    assert (len(fact.value), fact.detail) == (16, "40")

"""DF_1_NODEFLIB (glibc elf.h: 0x800 of DT_FLAGS_1)."""

import pytest

from elfkit.evidence import Certainty
from tests.elfwriter import Elf, build
from tests.image.proofs import concluded

DT_FLAGS_1 = 0x6FFFFFFB


@pytest.mark.parametrize("flags", [0x800, 0x801])
def test_the_flag_is_stated_with_its_bytes(flags: int) -> None:
    fact = concluded(build(Elf(tags=((DT_FLAGS_1, flags),)))).nodeflib
    assert (fact.value, fact.certainty) == (True, Certainty.STATED)
    assert flags in [proof.value for proof in fact.evidence]


@pytest.mark.parametrize("tags", [(), ((DT_FLAGS_1, 0x1),)])
def test_without_it_default_directories_serve(tags: tuple[tuple[int, int], ...]) -> None:
    facts = concluded(build(Elf(tags=tags)))
    assert facts.nodeflib == (False, Certainty.DERIVED, (), "")
    assert facts.to_dict()["nodeflib"] is False

"""Who answers which reference, held against the loaders' rules written out for one symbol at a time."""

from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from elfkit.abi.binding import BindingRules, binding_rules
from elfkit.firmware.answers import Answers
from elfkit.tables.linkage import Linkage
from elfkit.tables.pool import Columns, Pool
from elfkit.tables.version_records import DefinedName, NeededName

VERSIONS = ("", "", "V1", "V2")  # by the number in DT_VERSYM: 0 and 1 name none
GLIBC, MUSL, UCLIBC = (binding_rules(libc) for libc in ("glibc", "musl", "uclibc"))
IMAGES = 3  # the first refers, the others define


class Definition(NamedTuple):
    image: int
    name: int
    number: int
    hidden: bool
    type: int
    binding: int


class Reference(NamedTuple):
    name: int
    number: int


DEFINITIONS = st.lists(
    st.builds(
        Definition,
        st.integers(1, IMAGES - 1),
        st.integers(0, 2),
        st.integers(0, 3),
        st.booleans(),
        st.sampled_from((0, 1, 2, 3, 5, 6, 10)),
        st.sampled_from((0, 1, 2, 10)),
    ),
    max_size=8,
    unique_by=lambda row: (row.image, row.name, row.number),
)
REFERENCES = st.lists(st.builds(Reference, st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=5)


def glibc_takes(reference: Reference, definition: Definition, *, versym: bool) -> bool:
    """check_match of glibc's elf/dl-lookup.c; of several versions of one name the tests' images have one default."""
    if definition.type not in (0, 1, 2, 5, 6, 10) or definition.binding not in (1, 2, 10):
        return False
    if not versym:
        return True
    wanted, own = VERSIONS[reference.number], VERSIONS[definition.number]
    if wanted:
        return own == wanted or (not own and not definition.hidden)
    return definition.number < 3 or not definition.hidden


def musl_takes(_: Reference, definition: Definition, *, versym: bool) -> bool:
    """find_sym2 of musl's ldso/dynlink.c: the hidden bit is all it looks at of versions."""
    if definition.type not in (0, 1, 2, 5, 6) or definition.binding not in (1, 2, 10):
        return False
    return not (versym and definition.hidden)


def uclibc_takes(_: Reference, definition: Definition, **__: bool) -> bool:
    """_dl_lookup_sysv_hash of uClibc-ng: names alone, global and weak."""
    return definition.type in (0, 1, 2, 5, 6) and definition.binding in (1, 2)


def columns(rows: list[tuple[int, int, int, int, int]]) -> Columns:
    """Columns of (image, name, version word, type, binding)."""
    image, name, version, kind, binding = np.array(rows, np.int64).reshape(len(rows), 5).T
    zero = np.zeros(len(rows), np.uint8)
    index = [part.astype(np.intp) for part in (image, np.arange(len(rows)), name)]
    narrow = [part.astype(np.uint8) for part in (kind, binding, zero, zero)]
    return Columns(index[0], index[1], index[2], version.astype(np.uint16), *narrow, zero.astype(np.uint64))  # type: ignore[call-arg,arg-type]


def answered(
    rules: BindingRules, references: list[Reference], definitions: list[Definition], *, versym: bool
) -> set[tuple[int, int]]:
    """(reference, image) for each image that answers a reference."""
    words = [row.number | (0x8000 if row.hidden else 0) if versym else 1 for row in definitions]
    given_rows = [(d.image, d.name, word, d.type, d.binding) for d, word in zip(definitions, words, strict=True)]
    pool = Pool(
        columns([(0, row.name, row.number, 2, 1) for row in references]),
        columns(given_rows),
        b"",
        np.zeros(3, np.intp),
        np.ones(IMAGES, np.bool_),
    )
    needed = tuple(NeededName("lib", VERSIONS[number], number, 0) for number in (2, 3))
    defined = tuple(DefinedName(VERSIONS[number], number, 0) for number in (2, 3))
    providers = [Linkage(versym=b"12" if versym else b"", defined=defined)] * (IMAGES - 1)
    answers = Answers(pool, [Linkage(versym=b"12", needed=needed), *providers], [rules] * IMAGES)
    found = set()
    for image in range(IMAGES):
        rows = answers.find(np.full(len(references), image, np.intp), answers.request)
        found |= {(int(reference), image) for reference in np.flatnonzero(rows >= 0)}
        for reference, row in enumerate(rows.tolist()):
            assert row < 0 or definitions[row].name == references[reference].name
            assert row < 0 or definitions[row].image == image
    return found


@given(references=REFERENCES, definitions=DEFINITIONS, versym=st.booleans())
def test_answers_are_those_of_the_loaders_rules(
    *, references: list[Reference], definitions: list[Definition], versym: bool
) -> None:
    for rules, takes in ((GLIBC, glibc_takes), (MUSL, musl_takes), (UCLIBC, uclibc_takes)):
        assert rules is not None
        expected = {
            (number, definition.image)
            for number, reference in enumerate(references)
            for definition in definitions
            if definition.name == reference.name and takes(reference, definition, versym=versym)
        }
        assert answered(rules, references, definitions, versym=versym) == expected, rules.libc

"""What holds whatever the bytes: nothing but ElfkitError leaves the library, and every walk ends."""

from __future__ import annotations

import io
import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import elfkit
from elfkit.errors import ElfkitError
from tests.elfwriter import LAYOUTS, Elf, patch, write
from tests.image.proofs import FIXTURES, at_most, unproven
from tests.image.samples import sample

SEEDS = (
    *[sample(*where).data for where in LAYOUTS],
    *[
        (FIXTURES / name).read_bytes()
        for name in (
            "mips-soft/hello.noshdr",
            "x86_64/libgreet.so",
            "s390x/libgreet.so",
            "x86_64/greet.o",
            "arm-hard/hello",
        )
    ],
)
# values at which sizes and offsets go wrong
EDGES = st.sampled_from([0, 1, 0xFF, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1])


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A sound file with a few fields overwritten, and perhaps cut."""
    content = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(0, 6))):
        size = draw(st.sampled_from([1, 2, 4, 8]))
        # half of the damage goes into the headers, where it matters most
        most = draw(st.sampled_from([600, len(content) - 8]))
        order = draw(st.sampled_from(["little", "big"]))
        value = draw(st.one_of(EDGES, st.integers(0, 2**64 - 1))) & (1 << 8 * size) - 1
        raw = value.to_bytes(size, "little" if order == "little" else "big")
        content = patch(content, draw(st.integers(4, most)), raw)
    return content[: draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]


def everything_of(content: bytes) -> None:
    """Call every public function that takes one file; assert what must hold of the answers."""
    with elfkit.load(content) as image:
        facts = elfkit.inspect(image)
        table = elfkit.symbols(image)
        assert image.sections.state.value == facts.section_headers.value
    assert pickle.loads(pickle.dumps(facts)) == facts  # noqa: S301 - our own bytes
    assert json.loads(json.dumps(facts.to_dict()))["class"] in (32, 64)
    assert unproven(content, facts) == []
    assert len(table.names) == len(list(table)) == len(table)
    assert repr(table)


def refused_or_right(content: bytes) -> bool:
    try:
        with at_most(10):
            everything_of(content)
    except ElfkitError as error:
        return str(error).count("\n") == 0
    return True


@given(content=st.one_of(st.binary(max_size=300), st.binary(max_size=400).map(lambda raw: b"\x7fELF" + raw)))
def test_load_never_crashes(content: bytes) -> None:
    assert refused_or_right(content)


@settings(max_examples=1000)
@given(content=mutants())
def test_load_never_crashes_on_a_damaged_file(content: bytes) -> None:
    assert refused_or_right(content)


@given(content=mutants())
def test_facts_of_the_same_bytes_are_equal(content: bytes) -> None:
    try:
        with elfkit.load(content) as one, elfkit.load(io.BytesIO(content)) as other:
            first, second = elfkit.inspect(one), elfkit.inspect(other)
    except ElfkitError:
        return
    assert first == second
    assert hash(first) == hash(second)


@pytest.mark.parametrize("value", [0, 2**31, 2**64 - 1])
@pytest.mark.parametrize("where", LAYOUTS)
def test_walk_always_ends(where: tuple[int, int], value: int) -> None:
    """Every field of every record in turn holds the value at which sizes and counts go wrong."""
    built = sample(*where)
    for record, (_, declare) in built.places.items():
        for field in declare(built.types).subcons:
            if field.name != "e_ident":
                assert refused_or_right(built.patched(record, field.name, value)), (record, field.name)


def many_loads(loads: int, tags: int) -> bytes:
    """A file with `loads` times the same PT_LOAD and `tags` times a DT_SYMTAB that none of them maps."""
    built = write(Elf(tags=((6, 0x10),) * tags, code=bytes(56 * loads)))
    start = built.blobs["code"][0]
    raw = b"".join(built.data[built.places[name][0] :][:56] for name in ("PT_LOAD", "PT_DYNAMIC"))
    content = patch(built.data, start, raw + raw[:56] * (loads - 2))
    for field, value, size in (("e_phoff", start, 8), ("e_phnum", loads, 2)):
        content = patch(content, built.place("Ehdr", field)[0], value.to_bytes(size, "little"))
    return content


def test_as_many_program_headers_as_there_can_be_are_read_in_time() -> None:
    content = many_loads(60_000, 1)
    with at_most(5), elfkit.load(content) as image:
        assert len(image.segments) == 60_000
        assert elfkit.inspect(image).anomalies


def test_many_tables_in_many_segments_are_looked_up_in_time() -> None:
    content = many_loads(20_000, 20_000)
    with at_most(3), elfkit.load(content) as image:
        assert elfkit.inspect(image).anomalies

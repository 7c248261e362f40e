"""All facts of the fixtures, against GNU readelf's answers and against pyelftools."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import NoteSegment

import elfkit
from elfkit.errors import FormatError
from elfkit.evidence import Certainty, Damage
from elfkit.facts.build_id import build_id_fact
from elfkit.facts.damaged import damaged_facts
from elfkit.facts.facts import Facts, conclude
from elfkit.image.source import Source
from tests.elfwriter import Elf, build, write
from tests.image.proofs import FIXTURES
from tests.image.samples import everything, sample

EXPECTED = list(csv.DictReader((FIXTURES / "expected.csv").read_text().splitlines()))
every_file = pytest.mark.parametrize("row", EXPECTED, ids=lambda row: str(row["path"]))

# readelf's words for a machine, and the key of its row here
MACHINES = {
    "AArch64": "aarch64",
    "ARM": "arm",
    "Advanced Micro Devices X86-64": "x86_64",
    "IBM S/390": "s390",
    "Intel 80386": "i386",
    "LoongArch": "loongarch",
    "MIPS R3000": "mips",
    "PowerPC": "powerpc",
    "PowerPC64": "powerpc64",
    "RISC-V": "riscv",
}


def facts_of(path: Path) -> Facts:
    with elfkit.load(path) as image:
        return elfkit.inspect(image)


@every_file
def test_facts_equal_what_readelf_says(row: dict[str, str]) -> None:
    facts = facts_of(FIXTURES / row["path"])
    assert f"ELF{facts.elf_class.value}" == row["class"]
    assert facts.data.value == row["data"]
    assert facts.machine.value == MACHINES[row["machine"]]
    assert facts.type.value == f"ET_{row['type']}"
    assert hex(facts.flags.value) == row["flags"]
    assert (facts.interpreter.value or "") == row["interpreter"]
    assert " ".join(facts.needed.value) == row["needed"]
    assert (facts.soname.value or "") == row["soname"]
    assert facts.build_id is not None
    assert (facts.build_id.value or "") == row["build_id"]
    assert facts.stack.value == {"RW": "non-executable", "RWE": "executable", "": "unstated"}[row["stack"]]
    assert facts.section_headers.value == ("absent" if row["section_headers"] == "0" else "present")
    assert facts.anomalies == ()


@every_file
def test_the_count_of_dynamic_symbols_equals_readelf_s(row: dict[str, str]) -> None:
    count = facts_of(FIXTURES / row["path"]).symbols
    assert count is not None
    assert count.total == int(row["dynamic_symbols"] or 0)


@every_file
def test_the_float_abi_is_the_one_that_the_compiler_was_asked_for(row: dict[str, str]) -> None:
    found = facts_of(FIXTURES / row["path"]).float_abi
    attributes = row["machine"].startswith("PowerPC")  # would tell; clang writes none there
    if attributes and not row["interpreter"]:
        assert found[:2] == ("unknown", Certainty.UNKNOWN)
    else:
        assert found.value == row["float_abi_asked"]
        assert (found.certainty is Certainty.GUESSED) is attributes


@every_file
def test_the_kind_is_the_one_that_the_recipe_builds(row: dict[str, str]) -> None:
    name = Path(row["path"]).name.split(".noshdr")[0]
    kinds = {"hello": "executable", "hello-pie": "pie", "greet.o": "relocatable", "libgreet": "shared"}
    expected = kinds.get(name.removesuffix(".so"), name)  # static and static-pie are named after their kind
    assert facts_of(FIXTURES / row["path"]).kind.value.value == expected


@every_file
def test_a_file_without_section_headers_tells_what_the_uncut_file_tells(row: dict[str, str]) -> None:
    whole = facts_of(FIXTURES / row["path"].replace(".noshdr", "")).to_dict()
    cut = facts_of(FIXTURES / row["path"]).to_dict()
    for shown in (whole, cut):
        del shown["section_headers"], shown["sizes"]
    if row["machine"] == "ARM" and cut["isa"] != whole["isa"]:
        # the one thing that is lost: .ARM.attributes have no segment
        assert (cut.pop("isa")["certainty"], whole.pop("isa")["certainty"]) == ("unknown", "stated")
    assert cut == whole


@every_file
def test_facts_equal_pyelftools(row: dict[str, str]) -> None:
    path = FIXTURES / row["path"]
    facts = facts_of(path)
    with path.open("rb") as file:
        elf = ELFFile(file)
        segments = list(elf.iter_segments())
        loads = [segment.header for segment in segments if segment.header.p_type == "PT_LOAD"]
        ids = [
            note.n_desc
            for segment in segments
            if isinstance(segment, NoteSegment)
            for note in segment.iter_notes()
            if note.n_type == "NT_GNU_BUILD_ID"
        ]
        tags = [tag for segment in segments if isinstance(segment, DynamicSegment) for tag in segment.iter_tags()]
    sizes = facts.sizes.value
    assert sizes == (path.stat().st_size, sum(load.p_filesz for load in loads), sum(load.p_memsz for load in loads))
    assert facts.writable_code.value is any(load.p_flags & 3 == 3 for load in loads)
    assert facts.dynamic.value is bool(tags)
    assert len(facts.needed.value) == [tag.entry.d_tag for tag in tags].count("DT_NEEDED")
    flags = {tag.entry.d_tag: tag.entry.d_val for tag in tags}
    now = "DT_BIND_NOW" in flags or flags.get("DT_FLAGS", 0) & 8 or flags.get("DT_FLAGS_1", 0) & 1
    assert facts.bind_now.value is bool(now)
    assert facts.text_relocations.value is bool("DT_TEXTREL" in flags or flags.get("DT_FLAGS", 0) & 4)
    relro = any(segment.header.p_type == "PT_GNU_RELRO" for segment in segments)
    assert facts.relro.value == ("none" if not relro else "full" if now else "partial")
    assert facts.build_id is not None
    assert facts.build_id.value == (ids[0] if ids else None)


def test_all_fixtures_are_expected_and_all_expected_are_there() -> None:
    there = {str(path.relative_to(FIXTURES)) for path in FIXTURES.glob("*/*") if path.read_bytes()[:4] == b"\x7fELF"}
    assert there == {row["path"] for row in EXPECTED}
    assert len(there) > 100


def test_dear_facts_are_concluded_where_they_are_asked_for() -> None:
    with elfkit.load(sample().data) as image:
        facts = conclude(image, frozenset())
        assert (facts.symbols, facts.build_id) == (None, None)
        only = conclude(image, frozenset({"build_id"}))
        assert (only.symbols, only.build_id) == (None, build_id_fact(image)[0])
        assert facts.to_dict()["symbols"] is None


def test_facts_are_published_as_json() -> None:
    with elfkit.load(sample(1, 2).data) as image:
        published = json.loads(json.dumps(elfkit.inspect(image).to_dict()))
    assert published["class"] == 32
    assert published["needed"] == ["libgreet.so", "libc.so"]
    assert published["float_abi"]["value"] == "soft"
    assert published["symbols"]["count"] == 5
    assert published["build_id"] == bytes(range(20)).hex()
    assert published["anomalies"] == []


def test_sizes_are_sums_over_what_is_loaded() -> None:
    built = write(Elf())
    mapped, code = built.blobs["mapped"][1], built.blobs["code"][1]
    with elfkit.load(built.patched("PT_LOAD code", "p_memsz", code + 1000)) as image:
        assert elfkit.inspect(image).sizes.value == (len(built.data), mapped + code, mapped + code + 1000)


@pytest.mark.parametrize("size", [4, 15, 16, 40, 63])
def test_a_file_that_cannot_be_read_on_has_facts_of_its_damage_alone(size: int) -> None:
    source = Source.of_bytes(build(everything(2, 1))[:size])
    with pytest.raises(FormatError) as caught:
        elfkit.load(source.view(0, size))
    facts = damaged_facts(source, caught.value)
    assert [anomaly.damage for anomaly in facts.anomalies] == [Damage.TRUNCATED]
    assert facts.sizes.value.file == size
    assert facts.kind.value.value == facts.machine.value == facts.float_abi.value == "unknown"
    assert json.loads(json.dumps(facts.to_dict()))["kind"] == "unknown"


def test_an_unusable_ident_is_damage_shown_at_its_byte() -> None:
    content = build(Elf())[:4] + b"\x09" + build(Elf())[5:]
    with pytest.raises(FormatError) as caught:
        elfkit.load(content)
    (found,) = damaged_facts(Source.of_bytes(content), caught.value).anomalies
    assert (found.damage, found.evidence) == (Damage.IDENT, ("EI_CLASS", 4, b"\x09", 9, ""))

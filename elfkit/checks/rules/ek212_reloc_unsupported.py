"""EK212 reloc-unsupported."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.header import CLASS_OF_BITS
from elfkit.abi.relocations import slot_relocations
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.loading import loaded_by_tree
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.facts import RELOCATION_TYPES
from elfkit.facts.loading import ANDROID_REL, ANDROID_RELA
from elfkit.firmware.abilities import ABILITIES, Abilities, Ability
from elfkit.firmware.tree import Member

FIXES = {
    "IRELATIVE": "build it without STT_GNU_IFUNC functions (no ifunc or target_clones attributes), for this C library",
    "TLSDESC": "compile it with -mtls-dialect=trad",
}


def reloc_unsupported(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file has relocations of a type that the tree's loader does not apply.

    Compared are the types in DT_REL, DT_RELA and DT_JMPREL with those in the loader's source, for glibc, musl and
    uClibc-ng and the machines where they were read; types that came with a later release count from that on. Typical
    are IRELATIVE (STT_GNU_IFUNC functions) and TLS descriptors where the loader has none of it, which come with
    files that were built for glibc.

    So are relocations as Android packs them (DT_ANDROID_REL, DT_ANDROID_RELA): only its loader, since API level 23,
    reads them. Where the loader's release is unknown or newer than what was read, nothing is said.
    """
    abilities, types = loaded_by_tree(member, tree), member.facts.relocation_types
    if abilities is None or types is None:
        return
    refused: list[tuple[str, Evidence, Ability]] = []
    for number, proof in zip(types.value, types.evidence, strict=True):
        ability = abilities.relocates(number)
        if ability.able is False:
            refused.append((_name(abilities, number), proof, ability))
    packed = member.facts.packed_relocations
    for table, proof in zip(packed.value, packed.evidence, strict=True):
        ability = abilities.reads(table)
        if table in (ANDROID_REL, ANDROID_RELA) and ability.able is False:
            refused.append((table, proof, ability))
    for name, proof, ability in refused:
        yield Problem(
            name,
            f"has relocations of {name}, which the tree's loader does not apply: {ability.why}",
            (proof, *ability.evidence),
            FIXES.get(name.rpartition(" ")[2], "build it with the toolchain of this tree"),
            group=name,
        )


def _name(abilities: Abilities, number: int) -> str:
    """Return a type's number, with what it stands for where that is one of the usual ones."""
    platform = abilities.platform
    row = slot_relocations(platform.e_machine, CLASS_OF_BITS.get(platform.elf_class, 0))
    if row is not None and number in row.indirect:
        return f"type {number}, IRELATIVE"
    return f"type {number}, TLSDESC" if row is not None and number in row.descriptor else f"type {number}"


RULE = RuleSpec(
    "EK212",
    "reloc-unsupported",
    Severity.ERROR,
    Scope.LINK,
    "the loader stops at the first relocation it does not know, or passes it over and the program crashes",
    reloc_unsupported,
    needs=frozenset({RELOCATION_TYPES, *ABILITIES}),
)

"""EK210 relr-unsupported."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import GLIBC
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.loading import loaded_by_tree
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.facts import LIBC_VERSIONS, Facts
from elfkit.facts.loading import ANDROID_RELR, RELR
from elfkit.firmware.abilities import ABILITIES, RELR_VERSION, Ability
from elfkit.firmware.tree import Member

LIBC_NAME = "libc.so."  # as elf/dl-version.c of glibc compares


def relr_unsupported(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """The file packs its relative relocations (DT_RELR, DT_ANDROID_RELR) and the tree's loader does not know that form.

    The loader is judged by its own bytes: glibc can where its libc.so.6 defines the version GLIBC_ABI_DT_RELR, musl
    since 1.2.4, uClibc-ng since 1.0.46, Android since API level 30 (DT_ANDROID_RELR: 28). A loader that packs its own
    relocations so can as well. Where its bytes do not tell, nothing is said. Programs that relocate themselves
    (static-pie) are passed over.

    A glibc that can refuses files with DT_RELR that need its libc and not GLIBC_ABI_DT_RELR: other linkers than GNU
    ld and lld may leave it out.
    """
    abilities = loaded_by_tree(member, tree)
    packed = member.facts.packed_relocations
    if abilities is None:
        return
    for table, proof in zip(packed.value, packed.evidence, strict=True):
        if table not in (RELR, ANDROID_RELR):
            continue
        ability = abilities.reads(table)
        if ability.able is False:
            yield Problem(
                table,
                f"has {table}, which the tree's loader cannot read: {ability.why}",
                (proof, *ability.evidence),
                f"link it with {'--pack-dyn-relocs=none' if table == ANDROID_RELR else '-z nopack-relative-relocs'}",
                group=table,
            )
        elif table == RELR and _lacks_version(member.facts, abilities.platform.libc, ability):
            yield Problem(
                RELR_VERSION,
                f"has {RELR} and does not need the version {RELR_VERSION}: glibc refuses it",
                (proof, *[item for item in member.facts.needed.evidence if str(item.value).startswith(LIBC_NAME)]),
                "link it with -z pack-relative-relocs of GNU ld 2.38 or lld 15, or newer",
                group=RELR_VERSION,
            )


def _lacks_version(facts: Facts, libc: str, ability: Ability) -> bool:
    """Return whether glibc stops with "DT_RELR without GLIBC_ABI_DT_RELR dependency" (elf/dl-version.c)."""
    own, named = facts.libc_versions, facts.glibc_abi
    if libc != GLIBC or not ability.able or own is None or named is None or own.value != GLIBC:
        return False
    return RELR_VERSION not in named.value and any(name.startswith(LIBC_NAME) for name in facts.needed.value)


RULE = RuleSpec(
    "EK210",
    "relr-unsupported",
    Severity.ERROR,
    Scope.LINK,
    "a loader that passes DT_RELR over leaves addresses wrong and the program crashes; glibc refuses to load it",
    relr_unsupported,
    needs=frozenset({LIBC_VERSIONS, *ABILITIES}),
    given=frozenset({"packed_relocations"}),
)

"""EK506 no-relro."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import RuleSpec, Scope, TreeFacts
from elfkit.facts.kind import DYNAMIC_PROGRAMS, Kind
from elfkit.firmware.fit import is_blob
from elfkit.firmware.tree import Member


def no_relro(member: Member, tree: TreeFacts) -> Iterator[Problem]:
    """What the loader has relocated stays writable: the file has no PT_GNU_RELRO.

    Judged are files whose dynamic section is mapped writable: a linker puts it under RELRO whenever it makes any.
    On MIPS it is read-only, and a file without RELRO may have nothing to protect.

    The files of a platform that lack it are one note; where its C library lacks it too, the note says that it is
    the toolchain's custom, and where every file lacks it, the summary does. Static programs relocate themselves or
    not at all; they and firmware for other processors are passed over.
    """
    facts = member.facts
    platform = tree.resolution.platform(member)
    if facts.relro.value != "none" or facts.kind.value not in (*DYNAMIC_PROGRAMS, Kind.SHARED):
        return
    if platform is None or not facts.writable_dynamic.value or is_blob(member):
        return
    custom = tree.customs.of.get(platform)
    usual = custom is not None and custom.without_relro
    yield Problem(
        "PT_GNU_RELRO",
        "has no PT_GNU_RELRO: its dynamic section and what the loader relocates stay writable"
        + (", as in this tree's C library: its toolchain makes none" if usual else ""),
        (*facts.writable_dynamic.evidence, *facts.kind.evidence),
        "link with -z relro (and -z now, which protects the GOT of functions too)",
        group="as the C library" if usual else "no RELRO",
    )


RULE = RuleSpec(
    "EK506",
    "no-relro",
    Severity.NOTE,
    Scope.LINK,
    "whoever can write one word anywhere takes a pointer in the GOT and runs what he likes",
    no_relro,
    yields_bytes_to=frozenset({"EK511"}),
    universal="no program or library has RELRO",
)

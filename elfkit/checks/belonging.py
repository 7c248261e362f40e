"""Problems of files that belong to no platform of the tree."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from elfkit.abi.header import EM_386, EM_AARCH64, EM_X86_64
from elfkit.abi.interpreters import INTERPRETERS
from elfkit.abi.machines import machine
from elfkit.checks.finding import Problem, Severity
from elfkit.checks.rule import TreeFacts
from elfkit.evidence import Evidence
from elfkit.facts.facts import Facts
from elfkit.facts.kind import LOADED, PROGRAMS, Kind
from elfkit.firmware.fit import Misfit, is_blob, runs_on
from elfkit.firmware.platforms import family, same_machine
from elfkit.firmware.tree import Member

BUILD_HOSTS = frozenset({EM_X86_64, EM_386, EM_AARCH64})
PLACES_OF_CODE = frozenset({"bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec"})


def misfits(member: Member, tree: TreeFacts, kind: Misfit, evidence: tuple[Evidence, ...]) -> Iterator[Problem]:
    """Yield one problem if ``member`` misfits the tree in the way ``kind`` says; ``evidence`` are the bytes at odds.

    A library that the CPU itself could run, and an object file, keep nothing from starting: a warning. Where the tree
    has the loader for such libraries too, it carries the family's other ABI (multilib), and nothing is wrong.
    """
    primary = tree.platforms.primary
    if primary is None or tree.misfit(member) is not kind or is_a_rival_s(member, tree):
        return
    made_for = describe(member.facts)
    away = "" if is_guest(member, tree) else ", or take it out of the image"
    harmless = member.facts.kind.value not in PROGRAMS and runs_on(primary, member.facts)
    if harmless and _has_loader(member, tree):
        return
    severity = Severity.WARNING if harmless or member.facts.kind.value is Kind.RELOCATABLE else Severity.ERROR
    yield Problem(
        made_for,
        f"made for {made_for}; {primary.whose} runs {primary.describe()} ({primary.why})",
        (*evidence, *member.facts.interpreter.evidence),
        f"build it for {primary.describe()}{away}",
        severity,
        group=f"{made_for} {severity.word}",
    )


def _has_loader(member: Member, tree: TreeFacts) -> bool:
    """Return whether the tree has a loader for what a library is made for, by name and header."""
    facts = member.facts
    names = {posixpath.basename(row.path) for row in INTERPRETERS if row.e_machine == facts.e_machine}
    loaders = [loader.facts for name in names for loader in tree.by_name.get(name, ())]
    return any(_abi(loader) == _abi(facts) for loader in loaders)


def _abi(facts: Facts) -> tuple[int, int, str]:
    return facts.e_machine, facts.elf_class.value, facts.data.value


def leaked(member: Member, tree: TreeFacts) -> bool:
    """Return whether an image looks left over from the machine that built the tree.

    It is a program or library for a machine that firmware is built on, for which no platform of the tree has a
    relative, and it is in use: it lies where programs and libraries are looked for, or something pulls it in. What
    lies among firmware is no blob then either: nothing on this processor uses one by a link or a ``#!``. In a tree
    that is a build host's itself, what cross compilers link with is the target's and nobody's leftover.
    """
    facts = member.facts
    if facts.e_machine not in BUILD_HOSTS or facts.kind.value not in LOADED or tree.platforms.primary is None:
        return False
    if any(family(platform.e_machine) == family(facts.e_machine) for platform in tree.platforms):
        return False
    if is_a_rival_s(member, tree) or (tree.platforms.primary.e_machine in BUILD_HOSTS and _is_of_cross_tools(member)):
        return False
    return member.path in tree.resolution.pulls or (is_searched(member.path) and not is_blob(member))


def _is_of_cross_tools(member: Member) -> bool:
    """Return whether a file lies where cross compilers keep a target's libraries: usr/<triplet>/lib."""
    parts = member.path.removeprefix("usr/").split("/")
    return len(parts) > 2 and "-linux-" in parts[0] and parts[1].startswith("lib")


def is_a_rival_s(member: Member, tree: TreeFacts) -> bool:
    """Return whether an image fits a platform that may as well be the tree's: EK903 tells that it is not known."""
    rivals = tree.platforms.rivals
    return any(same_machine(rival, member.facts) or runs_on(rival, member.facts) for rival in rivals)


def is_guest(member: Member, tree: TreeFacts) -> bool:
    """Return whether an image was named on its own and lies outside the tree that it is judged in."""
    return member.path not in tree.tree.by_path


def is_searched(path: str) -> bool:
    """Return whether a file lies right in a directory of programs or libraries: bin, lib64, lib/<triplet>."""
    above, name = path.split("/")[-3:-1] if path.count("/") > 1 else ("", path.rpartition("/")[0])
    return name in PLACES_OF_CODE or (above in PLACES_OF_CODE and "-linux-" in name)


def describe(facts: Facts) -> str:
    """Return what an image is made for, for people: "x86-64 64-bit little-endian"."""
    row = machine(facts.e_machine)
    name = row.title if row else facts.machine.value
    words = [name, f"{facts.elf_class.value}-bit", f"{facts.data.value}-endian", facts.abi_variant.value]
    return " ".join(word for word in words if word)


def origin(facts: Facts) -> str:
    """Return the same as a clause, also of an image whose header is cut off."""
    return f"made for {describe(facts)}" if facts.elf_class.value else "with an ELF header that cannot be read"

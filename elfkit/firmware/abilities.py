"""What a tree's own loader can do, judged by its bytes and those of its C library: a release, a version, its own use.

What neither tells is unknown, and nothing is said of it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from elfkit.abi.header import CLASS_OF_BITS
from elfkit.abi.libc import BIONIC, GLIBC, MUSL, UCLIBC
from elfkit.abi.loader_relocations import READ_UP_TO, LoaderRelocations, loader_relocations
from elfkit.evidence import Evidence
from elfkit.facts.facts import GLIBC_ABI, LIBC_RELEASE
from elfkit.facts.loading import ANDROID_RELR, GNU_HASH, MIPS_XHASH, RELR, SYSV_HASH
from elfkit.firmware.customs import Customs
from elfkit.firmware.platforms import Platform, Platforms
from elfkit.firmware.tree import Member, Tree

ABILITIES = frozenset({GLIBC_ABI, LIBC_RELEASE})  # the dear facts that tell of them
RELR_VERSION = "GLIBC_ABI_DT_RELR"
RELR_SINCE = {GLIBC: "2.36", MUSL: "1.2.4", UCLIBC: "1.0.46"}  # glibc NEWS 2.36; musl 6f3ead0a; uClibc-ng 395f920c0
XHASH_SINCE = "2.31"  # glibc 23c1c256ae
# bionic, by API level: android-changes-for-ndk-developers.md, linker.cpp
API_SINCE = {GNU_HASH: 23, "DT_ANDROID_REL": 23, "DT_ANDROID_RELA": 23, ANDROID_RELR: 28, RELR: 30}
BUILD_PROPERTIES = ("system/build.prop", "system/system/build.prop", "default.prop")
SDK_LEVEL = re.compile(r"^ro\.build\.version\.sdk=(\d{1,3})\s*$", re.MULTILINE)
UCLIBC_NAME = re.compile(r"(?:ld(?:64|x32)?-|lib)uClibc-(\d+\.\d+\.\d+(?:\.\d+)?)\.so$")
NAMES = {GLIBC: "glibc", MUSL: "musl", UCLIBC: "uClibc-ng", BIONIC: "bionic"}


class Ability(NamedTuple):
    """Whether a loader can do something, None where nothing tells; ``why`` is a clause, ``evidence`` its bytes."""

    able: bool | None
    why: str = ""
    evidence: tuple[Evidence, ...] = ()


UNKNOWN, ABLE = Ability(None), Ability(able=True)


def unable(why: str, evidence: tuple[Evidence, ...] = ()) -> Ability:
    """Return what a loader cannot do."""
    return Ability(able=False, why=why, evidence=evidence)


class Abilities:
    """What the loader of one platform can do; asked of one thing at a time."""

    def __init__(self, platform: Platform, loader: Member | None, libc: Member | None, api_level: int = 0) -> None:
        self.platform = platform
        self.libc = libc
        self.members = tuple([member for member in (loader, libc) if member is not None])
        self.api_level = api_level
        self.release, self.release_evidence = _release(self.members)
        self._relocations = loader_relocations(
            platform.libc, platform.e_machine, CLASS_OF_BITS.get(platform.elf_class, 0)
        )

    def reads(self, table: str) -> Ability:
        """Return whether the loader reads a relocation table in a compact form: "DT_RELR", "DT_ANDROID_REL"..."""
        if self.platform.libc == BIONIC:
            return self._since_api(table)
        if self.platform.libc not in RELR_SINCE:
            return UNKNOWN
        return self._relr() if table == RELR else unable(f"{self._name} knows no such table")

    def hashes(self, table: str) -> Ability:
        """Return whether the loader finds symbols through a hash table: "sysv", "gnu", "mips-xhash"."""
        libc = self.platform.libc
        if libc == BIONIC and table == GNU_HASH:
            return self._since_api(table)
        if table == SYSV_HASH or (table == GNU_HASH and libc in (GLIBC, MUSL)):
            return ABLE
        if table == MIPS_XHASH:
            if libc == GLIBC:
                return self._since(XHASH_SINCE)
            return unable(f"{self._name} knows no such table") if libc in (MUSL, UCLIBC) else UNKNOWN
        return ABLE if self._uses_alone(table) else UNKNOWN

    def relocates(self, number: int) -> Ability:
        """Return whether the loader applies relocations of a type, by its number on this machine."""
        row = self._relocations
        if row is None or number in row.types:
            return UNKNOWN
        if self.release and older(READ_UP_TO.get(self.platform.libc, ""), self.release):
            return UNKNOWN
        for later, release in row.since:
            if later == number:
                return self._since(release)
        return unable(f"{self._name} knows no such type", self.release_evidence)

    @property
    def relocations(self) -> LoaderRelocations | None:
        """The types of relocation that the loader applies; None where that is not known."""
        return self._relocations

    @property
    def _name(self) -> str:
        return f"{NAMES.get(self.platform.libc, self.platform.libc)} {self.release}".rstrip()

    def _relr(self) -> Ability:
        for member in self.members:
            if RELR in member.facts.packed_relocations.value:
                return ABLE
        libc = self.libc
        if self.platform.libc == GLIBC and libc is not None and libc.facts.glibc_abi is not None:
            if RELR_VERSION in libc.facts.glibc_abi.value:
                return ABLE
            if libc.facts.versioned.value:
                return unable(f"{libc.path} defines no {RELR_VERSION}", self.release_evidence)
            return UNKNOWN
        return self._since(RELR_SINCE[self.platform.libc])

    def _since(self, release: str) -> Ability:
        if not self.release:
            return UNKNOWN
        if not older(self.release, release):
            return ABLE
        return unable(f"{self._name} is older than {release}", self.release_evidence)

    def _since_api(self, what: str) -> Ability:
        level = API_SINCE.get(what)
        if level is None or not self.api_level:
            return UNKNOWN
        why = f"this Android has API level {self.api_level}, and that came with {level}"
        return Ability(able=self.api_level >= level, why=why)

    def _uses_alone(self, table: str) -> bool:
        """Return whether the C library itself has this hash table and no other, so that the loader must know it."""
        return any(member.facts.hash_tables.value == (table,) for member in self.members)


def find_abilities(tree: Tree, platforms: Platforms, customs: Customs) -> dict[Platform, Abilities]:
    """Return what the loader of each platform can do; it is unknown where the facts in ``ABILITIES`` are missing."""
    level = _api_level(tree)
    found: dict[Platform, Abilities] = {}
    for platform in platforms:
        custom = customs.of.get(platform)
        loader = tree.by_path.get(platform.loader) if platform.loader else None
        found[platform] = Abilities(platform, loader, custom.libc if custom else None, level)
    return found


def older(one: str, other: str) -> bool:
    """Return whether a release comes before another.

    >>> older("2.9", "2.36"), older("1.2.4", "1.2.4")
    (True, False)
    """
    return numbers(one) < numbers(other)


def numbers(release: str) -> tuple[int, ...]:
    """Return the numbers that a release begins with: (5, 10, 0) for "5.10.0-28-amd64"."""
    found = re.match(r"\d{1,9}(?:\.\d{1,9}){0,3}", release)
    return tuple([int(part) for part in found[0].split(".")]) if found else ()


def _release(members: tuple[Member, ...]) -> tuple[str, tuple[Evidence, ...]]:
    for member in members:
        fact = member.facts.libc_release
        if fact is not None and fact.value is not None:
            return fact.value, tuple([proof.of(member.path) for proof in fact.evidence])
    for member in members:
        named = UCLIBC_NAME.search(member.path)
        if named:
            return named[1], (Evidence("file name", None, b"", member.path),)
    return "", ()


def _api_level(tree: Tree) -> int:
    for path in BUILD_PROPERTIES:
        text = tree.read_text(path) if tree.paths.follow(path).path else None
        found = SDK_LEVEL.search(text) if text else None
        if found:
            return int(found[1])
    return 0

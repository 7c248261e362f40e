"""What each image of a tree gets for the symbols it refers to: the nouns of `firmware.bind`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from elfkit.abi.musl_releases import Release
from elfkit.evidence import Evidence
from elfkit.firmware.scopes import Gap
from elfkit.firmware.work import Cut


class Reference(NamedTuple):
    """A symbol that an image does not define: ``type`` is STT_*, ``version`` "" where it asks for none.

    ``at_load`` says that the loader looks for it before the program's first instruction, else when it is first called.
    """

    name: str
    version: str
    type: int
    at_load: bool
    evidence: Evidence

    @property
    def spelled(self) -> str:
        """The name as tools write it: "memcpy@GLIBC_2.14"."""
        return f"{self.name}@{self.version}" if self.version else self.name


class Unresolved(NamedTuple):
    """A reference that finds no definition.

    ``starts`` are the programs, or images opened at run time, whose starts map the image and do not bring one.
    ``other_version`` is an image among those asked that defines the name with another version
    only, ``elsewhere`` images of the tree that would answer and are not asked.
    """

    reference: Reference
    starts: tuple[str, ...]
    other_version: str = ""
    elsewhere: tuple[str, ...] = ()


class Unjudged(NamedTuple):
    """How many references of an image find nothing in a scope that is not known to its end, and why."""

    total: int
    gap: Gap


class Unbacked(NamedTuple):
    """How many symbols an image refers to that need nothing to be found, and the first of them."""

    total: int
    first: tuple[Reference, ...]


class VersionGap(NamedTuple):
    """A needed version: ``file`` and ``version`` as DT_VERNEED names them, ``provider`` the image they lead to.

    ``provider`` is "" where the file is not among those mapped. ``defined`` are the versions that the provider has,
    ``symbols`` those of the image that ask for the version. ``asserts`` says that one of them is found in a provider
    without DT_VERSYM: glibc's check_match asserts that the file that a version is needed from has one; ``at_load`` that
    such a one is looked for before the program's first instruction.
    """

    file: str
    version: str
    provider: str
    weak: bool
    defined: tuple[str, ...]
    symbols: tuple[str, ...]
    asserts: bool
    at_load: bool
    evidence: Evidence


class Clash(NamedTuple):
    """A reference and the definition it gets that do not agree: in type (STT_*), or in size where it is a copy."""

    reference: Reference
    provider: str
    own: int
    theirs: int


class Plugin(NamedTuple):
    """What an image opened at run time lacks: how many symbols in ``total``, and the first of them.

    ``host`` is a program of the tree whose start answers them all, "" where none does, ``provider`` the image that
    answers most of them; ``nowhere`` is how many no image of the tree would answer.
    """

    host: str
    provider: str
    total: int
    nowhere: int
    first: tuple[Unresolved, ...]


@dataclass(frozen=True, slots=True)
class Bindings:
    """By the path of each image: what its references get. Images without an entry lack nothing.

    ``unresolved`` are strong references of programs, and of what their starts map, that find no definition in a scope
    that is wholly known, ``unjudged`` those in one that is not, ``plugins`` those of images opened at run time.
    ``missing_versions`` are needed versions that the file does not define, ``unversioned`` those where the file defines
    no versions at all, ``strayed`` those of files that are not in DT_NEEDED, ``types`` and ``copies`` definitions that
    do not fit. ``used`` are the images that define what an image refers to, in its own scope. ``unbacked`` are images
    without DT_NEEDED that refer to what others define, ``musl`` what is known of the release of each loader of musl.
    """

    unresolved: Mapping[str, tuple[Unresolved, ...]] = field(default_factory=dict)
    unjudged: Mapping[str, Unjudged] = field(default_factory=dict)
    plugins: Mapping[str, Plugin] = field(default_factory=dict)
    missing_versions: Mapping[str, tuple[VersionGap, ...]] = field(default_factory=dict)
    unversioned: Mapping[str, tuple[VersionGap, ...]] = field(default_factory=dict)
    strayed: Mapping[str, tuple[VersionGap, ...]] = field(default_factory=dict)
    types: Mapping[str, tuple[Clash, ...]] = field(default_factory=dict)
    copies: Mapping[str, tuple[Clash, ...]] = field(default_factory=dict)
    hidden: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    private: Mapping[str, tuple[Reference, ...]] = field(default_factory=dict)
    used: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unbacked: Mapping[str, Unbacked] = field(default_factory=dict)
    musl: Mapping[str, Release] = field(default_factory=dict)
    cuts: tuple[Cut, ...] = ()

    def missing(self, image: str, start: str) -> tuple[Unresolved, ...]:
        """Return what ``image`` lacks in the start of the program ``start``, in the order of its symbols."""
        return tuple([lack for lack in self.unresolved.get(image, ()) if start in lack.starts])

"""Versions that images need and that the files they are needed from do not define (_dl_check_map_versions of glibc)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from elfkit.abi.symbols import VER_FLG_BASE, VER_FLG_WEAK, VERSYM_VERSION
from elfkit.evidence import Evidence
from elfkit.firmware.bindings import VersionGap
from elfkit.firmware.bound import Bound
from elfkit.firmware.needs import Outcome
from elfkit.tables.linkage import Linkage
from elfkit.tables.version_records import NeededName

MOST_SYMBOLS = 16  # named of one version


class VersionGaps(NamedTuple):
    """By the path of an image: versions not defined, those of files without versions, and of files not in DT_NEEDED."""

    missing: dict[str, tuple[VersionGap, ...]]
    unversioned: dict[str, tuple[VersionGap, ...]]
    strayed: dict[str, tuple[VersionGap, ...]]


def version_gaps(bound: Bound) -> VersionGaps:
    """Return what is wrong with the needed versions of each image; what depends on a file not found is left out."""
    found = VersionGaps({}, {}, {})
    defined = _Defined(bound)
    for number, linkage in enumerate(bound.scopes.linkages):
        if not linkage.needed:
            continue
        files = _files(bound, number)
        strayed = {row.file: row for row in reversed(linkage.needed) if row.file not in files}
        files |= {file: _mapped(bound, number, file) for file in strayed}
        given = {file: defined.of(provider) for file, provider in files.items() if defined.knows(provider)}
        lacking = [
            (row, files[row.file]) for row in linkage.needed if row.file in given and row.name not in given[row.file]
        ]
        path = bound.scopes.paths[number]
        missing = [(row, provider) for row, provider in lacking if defined.of(provider)]
        plain = [(row, provider) for row, provider in lacking if not defined.of(provider)]
        odd = [(row, files[file]) for file, row in strayed.items()]
        for gaps, rows in ((found.missing, missing), (found.unversioned, plain), (found.strayed, odd)):
            if rows:
                gaps[path] = tuple([_gap(bound, number, row, provider, defined) for row, provider in rows])
    return found


class _Defined:
    """The versions that images define, each image's once."""

    def __init__(self, bound: Bound) -> None:
        self._bound = bound
        self._known: dict[int, frozenset[str]] = {}

    def knows(self, number: int) -> bool:
        """Return whether all versions of image ``number`` are known; -1 stands for an image that is not."""
        return number >= 0 and self._bound.scopes.linkages[number].whole

    def of(self, number: int) -> frozenset[str]:
        """Return the names of all versions that image ``number`` defines, without the file's own."""
        names = self._known.get(number)
        if names is None:
            rows = self._bound.scopes.linkages[number].defined
            names = self._known[number] = frozenset([row.name for row in rows if not row.flags & VER_FLG_BASE])
        return names


def _files(bound: Bound, number: int) -> dict[str, int]:
    """Return where each DT_NEEDED name of an image leads; -1 where that is not known, or nothing is there."""
    scopes = bound.scopes
    loader = scopes.loader(number)
    found: dict[str, int] = {}
    for need in bound.resolution.of(bound.members[number]):
        if need.outcome is Outcome.BUILT_IN:
            found[need.name] = -1 if loader is None else loader
        else:
            found[need.name] = scopes.number.get(need.path or "", -1) if need.outcome is Outcome.FOUND else -1
    return found


def _mapped(bound: Bound, number: int, file: str) -> int:
    """Return the image of the scope that goes by the name ``file``; -1 if none does."""
    loader = bound.scopes.loader(number)
    images: tuple[int, ...] = bound.each[number].images
    for image in images if loader is None else (*images, loader):
        facts, path = bound.members[image].facts, bound.scopes.paths[image]
        if file in (facts.soname.value, path.rpartition("/")[2]):
            return image
    return -1


def _gap(bound: Bound, number: int, row: NeededName, provider: int, defined: _Defined) -> VersionGap:
    references = bound.pool.references
    first, last = np.searchsorted(references.image, [number, number + 1]).tolist()
    versions = references.version[first:last] & np.uint16(VERSYM_VERSION)
    symbols = (first + np.flatnonzero(versions == row.number)).tolist()
    asserted = _found_bare(bound, symbols, provider)
    return VersionGap(
        row.file,
        row.name,
        bound.scopes.paths[provider] if provider >= 0 else "",
        bool(row.flags & VER_FLG_WEAK),
        tuple(sorted(defined.of(provider))) if provider >= 0 else (),
        tuple(sorted([bound.name(symbol) for symbol in symbols])[:MOST_SYMBOLS]),
        bool(asserted),
        any(map(bound.at_load, asserted)),
        _proof(bound.scopes.linkages[number], row),
    )


def _found_bare(bound: Bound, symbols: list[int], provider: int) -> list[int]:
    """Return which references are answered by image ``provider``, if that has no DT_VERSYM."""
    if provider < 0 or bound.scopes.linkages[provider].versym:
        return []
    answered = [(symbol, int(bound.definition[symbol])) for symbol in symbols]
    image = bound.pool.definitions.image
    return [symbol for symbol, found in answered if found >= 0 and image[found] == provider]


def _proof(linkage: Linkage, row: NeededName) -> Evidence:
    """Return the name of a needed version where it stands in the file."""
    raw = row.name.encode("utf-8", "surrogateescape")
    offset = linkage.strings_offset + row.place if row.place else None
    return Evidence("DT_VERNEED vna_name", offset, raw[:64] if offset else b"", row.name)

"""References that find nothing: in which starts, what defines the name all the same, and who may bring it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from posixpath import commonpath
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from elfkit.abi.binding import BINDING_RULES, linker_names
from elfkit.abi.lfs64 import LFS64_NAMES
from elfkit.abi.libc import MUSL
from elfkit.abi.symbols import STB_WEAK, STV_DEFAULT, STV_PROTECTED
from elfkit.facts.kind import DYNAMIC_PROGRAMS
from elfkit.firmware.bindings import Plugin, Unbacked, Unjudged, Unresolved
from elfkit.firmware.bound import Bound
from elfkit.firmware.scopes import Gap
from elfkit.tables.symbol_uses import COPIED

Index = npt.NDArray[np.intp]
MOST_TRIED = 16  # programs that may bring what one image lacks
MOST_NAMED = 16  # symbols told of one image opened at run time
MOST_ELSEWHERE = 8  # images told that would answer


class Failures(NamedTuple):
    """By the row of a reference: the starts that fail on it, and for what was not judged the gap in its scope."""

    starts: dict[int, list[int]]
    gaps: dict[int, Gap]


def leftovers(bound: Bound) -> Index:
    """Return the references (rows of the pool's) that must be answered and that their image's own scope does not."""
    references = bound.pool.references
    visible = np.isin(references.visibility, (STV_DEFAULT, STV_PROTECTED))
    lost = (bound.definition < 0) & (references.binding != STB_WEAK) & visible
    judged = np.array([row in BINDING_RULES for row in bound.rules], np.bool_)
    judged[[number for number in map(bound.scopes.loader, range(len(bound.members))) if number is not None]] = False
    rows = np.flatnonzero(lost & judged[references.image]) if len(lost) else np.empty(0, np.intp)
    return np.array([row for row in rows.tolist() if not _granted(bound, row)], np.intp)


def _granted(bound: Bound, row: int) -> bool:
    """Return whether no image need define the symbol: linkers alone know it, or musl's loader knows it by heart."""
    image = int(bound.pool.references.image[row])
    name = bound.name(row)
    if name in linker_names(bound.members[image].facts.e_machine):
        return True
    # get_lfs64 of musl 1.2.4 and later: which has no fopen64 in its symbols, and had before
    return bound.rules[image].libc == MUSL and name in LFS64_NAMES and _without_lfs64(bound, image)


def _without_lfs64(bound: Bound, image: int) -> bool:
    """Return whether the loader of ``image`` is one of musl 1.2.4 or later: it exports none of the LFS64 names."""
    loader = bound.scopes.loader(image)
    return loader is not None and b"\0open64\0" not in bound.scopes.linkages[loader].strings


def failures(bound: Bound, rows: Index) -> Failures:
    """Ask for the references ``rows`` in the scope of every start that maps their image."""
    found = Failures({}, {})
    if not rows.size:
        return found
    begin, row = _pairs(bound, rows)
    # as in the image's own scope: what a program has a copy of, it does not answer itself
    copied = ((bound.pool.references.uses[row] & COPIED) != 0).astype(np.intp)
    definition = bound.walk.first(begin, bound.answers.request[row], copied)
    if bound.walk.exhausted:
        return found
    for start, reference in zip(begin[definition < 0].tolist(), row[definition < 0].tolist(), strict=True):
        gap = bound.each[start].gap
        if gap is None:
            found.starts.setdefault(reference, []).append(start)
        else:
            found.gaps.setdefault(reference, gap)
    return found


def _pairs(bound: Bound, rows: Index) -> tuple[Index, Index]:
    """Return (start, reference) for every start that maps the image of one of ``rows``, as far as the limits allow."""
    image = bound.pool.references.image[rows]
    wanted = np.zeros(len(bound.members), np.bool_)
    wanted[image] = True
    scope = np.repeat(np.arange(len(bound.each)), bound.walk.lengths)
    mapped = bound.walk.images
    started = _mask(bound, bound.resolution.started)
    programs = np.array([member.facts.kind.value in DYNAMIC_PROGRAMS for member in bound.members], np.bool_)
    openable = ~started & ~_mask(bound, bound.resolution.loaded_by)
    # what programs map is judged in their starts alone
    kept = np.flatnonzero(wanted[mapped] & np.where(started[mapped], programs[scope], openable[scope]))
    scope, mapped = scope[kept], mapped[kept]
    counts = np.bincount(image, minlength=len(bound.members))
    first = np.cumsum(counts) - counts  # rows are sorted by image
    lengths = counts[mapped]
    allowed = np.cumsum(lengths) <= bound.work.limits.bind_pairs
    if not allowed.all():
        path = bound.members[int(mapped[~allowed][0])].path
        bound.work.cut("bind_pairs", path, "its symbols were not looked for in every start that maps it")
        scope, mapped, lengths = scope[allowed], mapped[allowed], lengths[allowed]
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(scope, lengths), rows[np.repeat(first[mapped], lengths) + within]


def _mask(bound: Bound, paths: Iterable[str]) -> npt.NDArray[np.bool_]:
    mask = np.zeros(len(bound.members), np.bool_)
    mask[[bound.scopes.number[path] for path in paths if path in bound.scopes.number]] = True
    return mask


class Providers:
    """Who defines the names that are missed somewhere: with the version asked for, and with any."""

    def __init__(self, bound: Bound, rows: Sequence[int]) -> None:
        self.bound = bound
        places = np.array(rows, np.intp)
        self._answering = bound.answers.answering(bound.answers.request[places])
        names = np.zeros(len(bound.pool.places), np.bool_)
        names[bound.pool.references.name[places]] = True
        definitions = bound.pool.definitions
        self._defining: dict[int, list[int]] = {}
        for row in np.flatnonzero(names[definitions.name]).tolist():
            self._defining.setdefault(int(definitions.name[row]), []).append(int(definitions.image[row]))

    def answering(self, row: int) -> list[int]:
        """Return the images that would answer a reference."""
        return self._answering.get(int(self.bound.answers.request[row]), [])

    def other_version(self, row: int, scope: Iterable[int]) -> str:
        """Return the first image of a scope that defines the name, though not with the version; "" for none."""
        defining = self._defining.get(int(self.bound.pool.references.name[row]), [])
        return next((self.bound.members[image].path for image in scope if image in defining), "")


def unbacked(bound: Bound, rows: Index) -> dict[str, Unbacked]:
    """Return what images without DT_NEEDED refer to, of the ``rows`` that their own scope does not answer."""
    counted: dict[int, list[int]] = {}
    for row in rows.tolist():
        image = int(bound.pool.references.image[row])
        if not bound.members[image].facts.needed.value:
            counted.setdefault(image, []).append(row)
    paths = bound.scopes.paths
    return {
        paths[image]: Unbacked(len(own), tuple(map(bound.reference, own[:MOST_NAMED])))
        for image, own in counted.items()
    }


class Lacks:
    """What is missing in starts that are wholly known, as values."""

    def __init__(self, bound: Bound, found: Failures) -> None:
        self.bound = bound
        self._starts = found.starts
        self._groups: dict[tuple[int, ...], tuple[str, ...]] = {}  # most references fail in the same starts
        self._hosts: dict[tuple[int, ...], tuple[list[str], dict[str, int]]] = {}
        self.of_started: dict[int, list[int]] = {}
        """By image, the references of what programs map; ``of_opened`` those of other images."""
        self.of_opened: dict[int, list[int]] = {}
        for row in sorted(found.starts):
            image = int(bound.pool.references.image[row])
            started = bound.scopes.paths[image] in bound.resolution.started
            (self.of_started if started else self.of_opened).setdefault(image, []).append(row)
        self.providers = Providers(bound, sorted(found.starts))

    def unresolved(self) -> dict[str, tuple[Unresolved, ...]]:
        """Return what each image that programs map lacks, in the order of its symbols."""
        return {self._path(image): tuple(map(self._lack, rows)) for image, rows in self.of_started.items()}

    def plugins(self) -> dict[str, Plugin]:
        """Return what each other image lacks, and a program that brings it."""
        return {self._path(image): self._plugin(image, rows) for image, rows in self.of_opened.items()}

    def _path(self, image: int) -> str:
        return self.bound.scopes.paths[image]

    def _lack(self, row: int) -> Unresolved:
        key = tuple(self._starts[row])
        starts = self._groups.setdefault(key, tuple([self._path(start) for start in key]))
        elsewhere = tuple([self._path(other) for other in self.providers.answering(row)[:MOST_ELSEWHERE]])
        other = self.providers.other_version(row, self.bound.each[key[0]].images)
        return Unresolved(self.bound.reference(row), starts, other, elsewhere)

    def _plugin(self, image: int, rows: list[int]) -> Plugin:
        requests = self.bound.answers.request[np.array(rows, np.intp)]
        key = tuple(np.sort(requests).tolist())
        if key not in self._hosts:
            self._hosts[key] = self._candidates(rows)
        hosts, counted = self._hosts[key]
        nowhere = [row for row in rows if not self.providers.answering(row)]
        told = dict.fromkeys([*nowhere, *rows][:MOST_NAMED])
        host = max(hosts, key=lambda path: len(commonpath([path, self._path(image)])), default="")
        most = max(counted.values(), default=0)
        # one that defines at least half of it is meant, not the libraries it brings
        provider = host if counted.get(host, 0) * 2 >= most else max(counted, key=counted.__getitem__)
        return Plugin(host, provider, len(rows), len(nowhere), tuple(map(self._lack, told)))

    def _candidates(self, rows: list[int]) -> tuple[list[str], dict[str, int]]:
        """Return programs whose starts answer all of ``rows``, and how many of them each image answers."""
        counted = Counter([image for row in rows for image in self.providers.answering(row)])
        by_path = {self._path(image): count for image, count in counted.items()}
        if not all(map(self.providers.answering, rows)):
            return [], by_path
        likely = self._bringers([image for image, _ in counted.most_common()])[:MOST_TRIED]
        return [self._path(program) for program in likely if self._brings(program, rows)], by_path

    def _brings(self, program: int, rows: list[int]) -> bool:
        request = self.bound.answers.request[np.array(rows, np.intp)]
        found = self.bound.walk.first(np.full(len(rows), program, np.intp), request)
        return bool((found >= 0).all())

    def _bringers(self, ranked: list[int]) -> list[int]:
        """Return programs that map one of the ``ranked`` images, those among them first."""
        programs = [image for image in ranked if self._is_program(image)]
        for image in ranked:
            chain = self.bound.resolution.needed_by(self._path(image))
            end = self.bound.scopes.number.get(chain[-1], -1) if chain else -1
            programs += [end] if end >= 0 and self._is_program(end) else []
        return list(dict.fromkeys(programs))

    def _is_program(self, image: int) -> bool:
        return self.bound.members[image].facts.kind.value in DYNAMIC_PROGRAMS


def unjudged(bound: Bound, found: Failures) -> dict[str, Unjudged]:
    """Return how many references of each image find nothing where a scope is not known to its end, and why."""
    counted: dict[str, Unjudged] = {}
    for row, gap in sorted(found.gaps.items()):
        if row in found.starts:
            continue
        path = bound.scopes.paths[int(bound.pool.references.image[row])]
        known = counted.get(path)
        counted[path] = Unjudged(known.total + 1, known.gap) if known else Unjudged(1, gap)
    return counted

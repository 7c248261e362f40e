"""References that are answered, though not as they ask, and what each image uses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from elfkit.abi import symbols as s
from elfkit.firmware.bindings import Clash, Reference
from elfkit.firmware.bound import Bound
from elfkit.tables.symbol_uses import COPIED

CODE, VARIABLE, THREAD_LOCAL = 1, 2, 3
CLASSES = np.zeros(16, np.uint8)  # of STT_*; 0 agrees with everything
CLASSES[[s.STT_FUNC, s.STT_GNU_IFUNC]] = CODE
CLASSES[[s.STT_OBJECT, s.STT_COMMON]] = VARIABLE
CLASSES[s.STT_TLS] = THREAD_LOCAL
PRIVATE = "GLIBC_PRIVATE"
ByPath = dict[str, tuple[Clash, ...]]


def type_clashes(bound: Bound) -> ByPath:
    """Return the references whose type is of another class than that of their definition."""
    rows = np.flatnonzero(bound.definition >= 0)
    definition = bound.definition[rows]
    references, definitions = bound.pool.references, bound.pool.definitions
    own, theirs = CLASSES[references.type[rows]], CLASSES[definitions.type[definition]]
    odd = (own != 0) & (theirs != 0) & (own != theirs)
    return _by_path(bound, rows[odd], references.type, definitions.type)


def size_clashes(bound: Bound) -> ByPath:
    """Return the copied variables whose definition is larger than the room the program has for it."""
    references, definitions = bound.pool.references, bound.pool.definitions
    rows = np.flatnonzero((bound.definition >= 0) & ((references.uses & COPIED) != 0))
    larger = definitions.size[bound.definition[rows]] > references.size[rows]
    return _by_path(bound, rows[larger], references.size, definitions.size)


def _by_path(
    bound: Bound, rows: npt.NDArray[np.intp], own: npt.NDArray[np.generic], theirs: npt.NDArray[np.generic]
) -> ByPath:
    found: dict[str, list[Clash]] = {}
    for row in rows.tolist():
        definition = int(bound.definition[row])
        provider = bound.scopes.paths[int(bound.pool.definitions.image[definition])]
        clash = Clash(bound.reference(row), provider, int(own[row]), int(theirs[definition]))
        found.setdefault(_path(bound, row), []).append(clash)
    return {path: tuple(clashes) for path, clashes in found.items()}


def hidden_references(bound: Bound) -> dict[str, tuple[Reference, ...]]:
    """Return the references with visibility hidden or internal that must be answered: no loader looks for them."""
    references = bound.pool.references
    hidden = np.isin(references.visibility, (s.STV_HIDDEN, s.STV_INTERNAL)) & (references.binding != s.STB_WEAK)
    return _references(bound, np.flatnonzero(hidden & ((references.uses & COPIED) == 0)))


def private_references(bound: Bound) -> dict[str, tuple[Reference, ...]]:
    """Return the references to what glibc keeps for itself (version GLIBC_PRIVATE)."""
    return _references(bound, np.flatnonzero(bound.asks_for(PRIVATE)))


def _references(bound: Bound, rows: npt.NDArray[np.intp]) -> dict[str, tuple[Reference, ...]]:
    found: dict[str, list[Reference]] = {}
    for row in rows.tolist():
        found.setdefault(_path(bound, row), []).append(bound.reference(row))
    return {path: tuple(own) for path, own in found.items()}


def used_images(bound: Bound) -> dict[str, frozenset[str]]:
    """Return for each image those that define what it refers to, in its own scope."""
    total = max(len(bound.members), 1)
    rows = np.flatnonzero(bound.definition >= 0)
    users, providers = bound.pool.references.image[rows], bound.pool.definitions.image[bound.definition[rows]]
    seen = np.zeros(0, np.intp) if not rows.size else np.sort(users * total + providers)
    paths = bound.scopes.paths
    found: dict[str, set[str]] = {}
    for key in seen[np.r_[True, seen[1:] != seen[:-1]]].tolist() if seen.size else []:
        user, provider = divmod(key, total)
        found.setdefault(paths[user], set()).add(paths[provider])
    return {path: frozenset(own) for path, own in found.items()}


def _path(bound: Bound, row: int) -> str:
    return bound.scopes.paths[int(bound.pool.references.image[row])]

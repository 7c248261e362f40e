"""Exceptions to rules: one file, one subject, or whatever a pattern fits, that a rule shall not tell of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from elfkit.checks.registry import rules_named

if TYPE_CHECKING:
    from elfkit.checks.fold import Sighting

MARK = ":"
ANYTHING = "*"


class Exemption(NamedTuple):
    """``RULE:path-glob`` or ``RULE:path-glob:subject-glob``: what it names is not told. ``*`` goes across slashes."""

    text: str
    rules: frozenset[str]
    path: str
    subject: str

    def fits(self, sighting: Sighting) -> bool:
        """Return whether a sighting is exempt: by its path or another name of it, and by its subject or its cause."""
        if sighting.rule.id not in self.rules:
            return False
        problem = sighting.problem
        return any(fnmatchcase(path, self.path) for path in (sighting.path, *sighting.aliases)) and any(
            fnmatchcase(subject, self.subject) for subject in (problem.subject, problem.group or problem.subject)
        )


class Exemptions:
    """The exemptions of one run, and which of them were of use."""

    def __init__(self, rows: Iterable[Exemption]) -> None:
        self.rows = tuple(rows)
        self._used: set[Exemption] = set()

    def cover(self, sighting: Sighting) -> bool:
        """Return whether any exemption fits a sighting."""
        fitting = [row for row in self.rows if row.fits(sighting)]
        self._used.update(fitting)
        return bool(fitting)

    def unused(self, evaluated: frozenset[str]) -> tuple[str, ...]:
        """Return the exemptions that fitted nothing although one of their rules was evaluated."""
        return tuple([row.text for row in self.rows if row not in self._used and row.rules & evaluated])


def split_ignored(ignore: Iterable[str]) -> tuple[list[str], Exemptions]:
    """Return the rules that shall not run at all, and the exemptions; SelectionError for a rule that does not exist.

    >>> wide, exemptions = split_ignored(["EK005", "exec-stack:opt/*", "EK301:usr/sbin/vpnd:libvpn.so.1"])
    >>> wide, [(row.path, row.subject) for row in exemptions.rows]
    (['EK005'], [('opt/*', '*'), ('usr/sbin/vpnd', 'libvpn.so.1')])
    """
    wide: list[str] = []
    rows: list[Exemption] = []
    for text in ignore:
        name, mark, rest = text.partition(MARK)
        if not mark:
            wide.append(text)
            continue
        path, _, subject = rest.partition(MARK)
        rules = frozenset(rule.id for rule in rules_named(name))
        rows.append(Exemption(text, rules, path.removeprefix("/") or ANYTHING, subject or ANYTHING))
    return wide, Exemptions(rows)


def exemption(rule: str, paths: Sequence[str], subject: str, cause: str) -> str:
    """Return the exemption of one finding and no other: by its file, or where it has several by their cause.

    >>> exemption("EK301", ["usr/sbin/vpnd"], "libvpn.so.1", "libvpn.so.1")
    'EK301:usr/sbin/vpnd:libvpn.so.1'
    """
    if len(paths) > 1:
        return MARK.join((rule, ANYTHING, _literal(cause)))
    place = _literal(paths[0]).replace(MARK, "?") or ANYTHING
    return MARK.join((rule, place, _literal(subject)) if subject else (rule, place))


def _literal(text: str) -> str:
    """Return a pattern for just this text: what patterns and the command line take for something else is masked."""
    return "".join([_masked(character) for character in text])


def _masked(character: str) -> str:
    if character in "*?[":
        return f"[{character}]"
    return "?" if character == "," or not character.isprintable() else character

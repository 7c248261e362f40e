"""problem -> finding: what a rule saw, and what is told of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, IntEnum, unique
from typing import Any, NamedTuple

from elfkit.evidence import Evidence, shown_path
from elfkit.firmware.search import Tried

FINGERPRINT_DIGITS = 16


@unique
class Severity(IntEnum):
    """How bad it is if the finding is true; ordered."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The severity as the command line and JSON spell it."""
        return self.name.lower()


@unique
class Confidence(Enum):
    """How sure it is that the finding is true."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Problem(NamedTuple):
    """What a rule saw in one image or tree.

    ``subject`` is what it is about besides the file (a library's name, an interpreter), stable from build to
    build. Problems of one rule with the same ``group`` have one cause and become one finding; ``severity`` None
    stands for the rule's own. ``path`` and ``size`` are given by tree rules only; elsewhere they are the image's.
    ``needed_by`` are files that bring the image into use. ``blamed`` is another image that is the cause, by its path.
    Where a rule of ``unless`` tells of the same file with the subject beside it, this is not told.
    """

    subject: str
    message: str
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    severity: Severity | None = None
    confidence: Confidence = Confidence.HIGH
    group: str | None = None
    trace: tuple[Tried, ...] = ()
    path: str = ""
    size: int = 0
    needed_by: tuple[str, ...] = ()
    blamed: str = ""
    unless: tuple[tuple[str, str], ...] = ()


class Occurrence(NamedTuple):
    """A further file that shows a finding's cause, with its own proof, fingerprint and size in bytes."""

    path: str
    evidence: tuple[Evidence, ...]
    fingerprint: str
    size: int

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        shape = shown_path(self.path)
        proofs = [item.to_dict() for item in self.evidence]
        return shape | {"evidence": proofs, "size": self.size, "fingerprint": self.fingerprint}


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, told once: ``path`` is the first file that shows it, ``others`` are the rest.

    ``needed_by`` are the files that a missing library keeps from starting, or that bring a wrong file into use,
    ``size`` the bytes of the files in ``paths``, ``trace`` the steps of a search that failed, ``why`` the rule's
    reason for telling, ``suppress`` what `elfkit check --ignore` takes to leave out just this finding.
    """

    rule: str
    name: str
    severity: Severity
    confidence: Confidence
    root: str
    path: str
    aliases: tuple[str, ...]
    others: tuple[Occurrence, ...]
    subject: str
    message: str
    why: str
    evidence: tuple[Evidence, ...]
    needed_by: tuple[str, ...]
    trace: tuple[Tried, ...]
    size: int
    fix: str
    fingerprint: str
    suppress: str

    @property
    def sizes(self) -> dict[str, int]:
        """The size in bytes of each file that shows it."""
        others = {other.path: other.size for other in self.others}
        return {self.path: self.size - sum(others.values())} | others

    @property
    def paths(self) -> tuple[str, ...]:
        """All files that show it, each once."""
        return (self.path, *[other.path for other in self.others])

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape of elfkit.check/1."""
        return {
            "rule": self.rule,
            "name": self.name,
            "severity": self.severity.word,
            "confidence": self.confidence.value,
            "root": self.root,
            **shown_path(self.path),
            "aliases": list(self.aliases),
            "others": [other.to_dict() for other in self.others],
            "subject": self.subject,
            "message": self.message,
            "why": self.why,
            "evidence": [item.to_dict() for item in self.evidence],
            "needed_by": list(self.needed_by),
            "trace": [{"path": step.path, "outcome": step.outcome} for step in self.trace],
            "size": self.size,
            "fix": self.fix,
            "fingerprint": self.fingerprint,
            "suppress": self.suppress,
        }


def fingerprint(rule: str, path: str, subject: str) -> str:
    """Return what stays the same for one finding from build to build: no offsets, no hashes of content.

    A folded finding has no path in it: which file shows it first may change.
    """
    key = "\0".join((rule, path, subject)).encode("utf-8", "surrogateescape")
    return hashlib.sha256(key).hexdigest()[:FINGERPRINT_DIGITS]

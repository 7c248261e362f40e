"""problem -> finding: what a rule saw, and what is told of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, IntEnum, unique
from typing import Any, NamedTuple

from elfkit.evidence import Evidence
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
    stands for the rule's own. ``path`` is given by tree rules only; elsewhere it is the image's.
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


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, told once: ``path`` is the first file that shows it, ``paths`` are all of them.

    ``needed_by`` are the files that a missing library keeps from starting, ``size`` the bytes of the files in
    ``paths``, ``trace`` the steps of a search that failed, ``why`` the rule's reason for telling.
    """

    rule: str
    name: str
    severity: Severity
    confidence: Confidence
    root: str
    path: str
    aliases: tuple[str, ...]
    paths: tuple[str, ...]
    subject: str
    message: str
    why: str
    evidence: tuple[Evidence, ...]
    needed_by: tuple[str, ...]
    trace: tuple[Tried, ...]
    size: int
    fix: str
    fingerprint: str

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape of elfkit.check/1; ``path_hex`` is added where a path is no UTF-8."""
        shape: dict[str, Any] = {
            "rule": self.rule,
            "name": self.name,
            "severity": self.severity.word,
            "confidence": self.confidence.value,
            "root": self.root,
            "path": self.path,
            "aliases": list(self.aliases),
            "paths": list(self.paths),
            "subject": self.subject,
            "message": self.message,
            "why": self.why,
            "evidence": [item.to_dict() for item in self.evidence],
            "needed_by": list(self.needed_by),
            "trace": [{"path": step.path, "outcome": step.outcome} for step in self.trace],
            "size": self.size,
            "fix": self.fix,
            "fingerprint": self.fingerprint,
        }
        raw = self.path.encode("utf-8", "surrogateescape")
        if raw.decode("utf-8", "replace") != self.path:
            shape["path_hex"] = raw.hex()
        return shape


def fingerprint(rule: str, path: str, subject: str) -> str:
    """Return what stays the same for one finding from build to build: no offsets, no hashes of content.

    A folded finding has no path in it: which file shows it first may change.
    """
    key = "\0".join((rule, path, subject)).encode("utf-8", "surrogateescape")
    return hashlib.sha256(key).hexdigest()[:FINGERPRINT_DIGITS]

"""Facts and what proves them: the vocabulary of every floor above.

A fact is a value with the bytes it was read from. ``unknown`` is a legal answer; a guess says that it is one.
"""

from __future__ import annotations

from enum import Enum, unique
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T", covariant=True)


@unique
class Certainty(Enum):
    """How a fact is known, from a field that says it outright down to not at all."""

    STATED = "stated"  # one field of the file says it
    DERIVED = "derived"  # it follows from several fields
    BOUNDED = "bounded"  # only limits are known
    GUESSED = "guessed"  # likely, and nothing contradicts it
    UNKNOWN = "unknown"


def shown_path(path: str) -> dict[str, str]:
    """Return the keys that show a path in JSON: ``path``, and ``path_hex`` where it is no UTF-8."""
    raw = path.encode("utf-8", "surrogateescape")
    exact = raw.decode("utf-8", "replace") == path
    return {"path": path} if exact else {"path": path, "path_hex": raw.hex()}


class Evidence(NamedTuple):
    """Bytes of the file that prove something.

    ``source`` names the field as the specification does (``e_flags``, ``PT_INTERP``, ``DT_NEEDED``),
    ``offset`` is where it lies in the file (None where the evidence is an absence), ``raw`` are the bytes
    there (at most 64), ``value`` what they mean: a number, or text decoded with ``surrogateescape``. ``path`` is the
    file they lie in where that is another than the one in question.
    """

    source: str
    offset: int | None
    raw: bytes
    value: int | str | None
    path: str = ""

    def of(self, path: str) -> Evidence:
        """Return the same as evidence about another file: its bytes lie in ``path``."""
        return self._replace(path=path)

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape: ``raw`` in hexadecimal, ``path`` only where it is another file's."""
        shape = {"source": self.source, "offset": self.offset, "raw": self.raw.hex(), "value": self.value}
        return shape | shown_path(self.path) if self.path else shape


class Fact(NamedTuple, Generic[T]):
    """One thing that is true of an image: the value, how it is known, and the bytes that prove it."""

    value: T
    certainty: Certainty
    evidence: tuple[Evidence, ...] = ()
    detail: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape of a fact that is shown with its proof."""
        return {
            "value": self.value,
            "detail": self.detail,
            "certainty": self.certainty.value,
            "evidence": [item.to_dict() for item in self.evidence],
        }


@unique
class Damage(Enum):
    """What part of the file an anomaly is about."""

    TRUNCATED = "truncated"
    IDENT = "ident"
    PROGRAM_HEADERS = "program-headers"
    DUPLICATE_SEGMENTS = "duplicate-segments"
    DYNAMIC = "dynamic"
    INTERPRETER = "interpreter"
    SECTION_HEADERS = "section-headers"
    SYMBOLS = "symbols"
    HASHES = "hashes"
    VERSIONS = "versions"
    RELOCATIONS = "relocations"
    NOTES = "notes"
    ATTRIBUTES = "attributes"
    LIMIT = "limit"


class Anomaly(NamedTuple):
    """The file contradicts the ABI (``detail``), shown by ``evidence``; ``assumed`` says how reading went on."""

    damage: Damage
    evidence: Evidence
    detail: str
    assumed: str

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {
            "damage": self.damage.value,
            "evidence": self.evidence.to_dict(),
            "detail": self.detail,
            "assumed": self.assumed,
        }

"""What became of a file: what was done, by which plan, and what was verified of the result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique
from typing import Any

from elfkit.rebuild.plan import SectionPlan

SCHEMA = "elfkit.rebuild-sections/1"


@unique
class Action(Enum):
    """What the file needed."""

    NOTHING = "nothing"  # its section headers agree with what the loader goes by
    REVIVED = "revived"  # the old table was still in the file, only the ELF header had lost it
    REBUILT = "rebuilt"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was verified of the result: what holds, in words with the figures."""

    name: str
    detail: str

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {"name": self.name, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """``plan`` is None where nothing was planned; ``target`` where nothing was written.

    ``reason`` says why the file needed it, or why not; ``warnings`` are sentences for the user.
    """

    path: str
    target: str | None
    action: Action
    reason: str
    plan: SectionPlan | None = None
    checks: tuple[Check, ...] = ()
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {
            "schema": SCHEMA,
            "path": self.path,
            "target": self.target,
            "action": self.action.value,
            "reason": self.reason,
            "plan": None if self.plan is None else self.plan.to_dict(),
            "checks": [check.to_dict() for check in self.checks],
            "warnings": list(self.warnings),
        }

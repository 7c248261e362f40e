"""finding -> report: everything that was told of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from elfkit.checks.finding import Finding, Severity
from elfkit.checks.fold import count_by_severity
from elfkit.firmware.platforms import Platform
from elfkit.firmware.reader import Skipped
from elfkit.firmware.scripts import MissingInterpreter

SCHEMA = "elfkit.check/1"
INTERNAL_ERROR = "EK907"


class Population(NamedTuple):
    """How many programs and libraries of a tree belong to a platform."""

    programs: int
    libraries: int


@dataclass(frozen=True, slots=True)
class RootSummary:
    """What was looked at under one root, or of single files where ``path`` is "".

    ``populations`` stand beside ``platforms``; ``excluded`` was passed over as asked. ``interrupted`` is True where
    Ctrl-C came before all was judged.
    """

    path: str
    platforms: tuple[Platform, ...]
    files: int
    elf_files: int
    pseudo: tuple[str, ...] = ()
    universal: tuple[str, ...] = ()
    scripts: int = 0
    missing_interpreters: tuple[MissingInterpreter, ...] = ()
    not_evaluated: tuple[str, ...] = ()
    populations: tuple[Population, ...] = ()
    interrupted: bool = False
    excluded: tuple[str, ...] = ()

    @property
    def scripts_without_interpreter(self) -> tuple[str, ...]:
        """The scripts that name an interpreter which is not in the tree."""
        return tuple(sorted([script for row in self.missing_interpreters for script in row.scripts]))

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape of one of ``roots``."""
        pairs = zip(self.platforms, self.populations, strict=True)
        return {
            "path": self.path,
            "platforms": [platform.to_dict() | population._asdict() for platform, population in pairs],
            "summary": {
                "files": self.files,
                "elf_files": self.elf_files,
                "pseudo_file_systems": list(self.pseudo),
                "excluded": list(self.excluded),
                "universal": list(self.universal),
                "scripts": self.scripts,
                "scripts_without_interpreter": list(self.scripts_without_interpreter),
                "missing_interpreters": [row.to_dict() for row in self.missing_interpreters],
                "not_evaluated": list(self.not_evaluated),
                **({"interrupted": True} if self.interrupted else {}),
            },
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The findings of a run, worst first within each root, and what they are about.

    ``unusable`` are arguments that could not be read at all, ``not_elf`` files named one by one that are no ELF.
    ``idle_ignores``, ``idle_assumptions`` and ``idle_exclusions`` are what was given for them and nothing fitted.
    """

    version: str
    roots: tuple[RootSummary, ...]
    findings: tuple[Finding, ...]
    unusable: tuple[Skipped, ...] = ()
    not_elf: tuple[Skipped, ...] = ()
    idle_ignores: tuple[str, ...] = ()
    idle_assumptions: tuple[str, ...] = ()
    idle_exclusions: tuple[str, ...] = ()

    @property
    def elf_files(self) -> int:
        """How many ELF files were looked at."""
        return sum(root.elf_files for root in self.roots)

    @property
    def internal_error(self) -> bool:
        """Whether a rule crashed."""
        return any(finding.rule == INTERNAL_ERROR for finding in self.findings)

    def at_least(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of this severity or a worse one."""
        return tuple(finding for finding in self.findings if finding.severity >= severity)

    def counts(self) -> dict[str, int]:
        """Return how many findings there are: "error", "warning", "note"."""
        return count_by_severity(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape of elfkit.check/1: no times, the same for the same tree on every run."""
        return {
            "schema": SCHEMA,
            "tool": {"name": "elfkit", "version": self.version},
            "roots": [root.to_dict() for root in self.roots],
            "summary": {
                "elf_files": self.elf_files,
                "findings": self.counts(),
                "files_with_findings": len({(f.root, path) for f in self.findings for path in f.paths}),
                "unusable": [skipped._asdict() for skipped in self.unusable],
                "not_elf": [skipped._asdict() for skipped in self.not_elf],
                "idle_ignores": list(self.idle_ignores),
                "idle_assumptions": list(self.idle_assumptions),
                "idle_exclusions": list(self.idle_exclusions),
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }

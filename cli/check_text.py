"""The report of `elfkit check` for people: what, where, the bytes that prove it, why it matters, what to do."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from elfkit.checks.finding import Finding, Occurrence, Severity
from elfkit.checks.report import Report, RootSummary
from elfkit.firmware.scripts import MissingInterpreter
from elfkit_cli.evidence_text import evidence_text
from elfkit_cli.lines import Line, Span, line

WIDER = "leaves out every file with this cause, also one that is added later"
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
SHOWN_PATHS, SHOWN_EVIDENCE, SHOWN_STEPS, SHOWN_ALIASES, SHOWN_INTERPRETERS = 4, 4, 6, 3, 6


def summary_lines(report: Report, *, interrupted: bool = False, verbose: bool = False) -> Iterator[Line]:
    """Yield what was looked at, and the verdict."""
    for root in report.roots:
        yield from root_lines(root, verbose=verbose)
    yield line(Span(verdict(report, interrupted=interrupted), "bold"))


def finding_lines(finding: Finding, *, verbose: bool, quiet: bool) -> Iterator[Line]:
    """Yield one finding: heading, message, then labelled lines."""
    style = STYLES[finding.severity]
    heading = Span(f"{finding.severity.word}[{finding.rule} {finding.name}]", style)
    place = finding.path or finding.root
    yield line(heading, " ", Span(place, "bold"), heading_text(finding).removeprefix(place))
    doubt = "" if finding.confidence.value == "high" else f" (confidence: {finding.confidence.value})"
    yield line("  ", finding.message + doubt)
    if not quiet:
        for label, text in details(finding, verbose=verbose):
            yield line("  ", Span(f"{label:>8}", "dim"), "  ", text)
        yield line()


def heading_text(finding: Finding) -> str:
    """Return where a finding is: its first file, how many others show it, and how big they are together."""
    place = finding.path or finding.root
    if not finding.others:
        return place
    return f"{place} and {plural(len(finding.others), 'other file')}, {plural(finding.size, 'byte')} together"


def details(finding: Finding, *, verbose: bool) -> Iterator[tuple[str, str]]:
    """Yield what is told of a finding below its message, each with its label."""
    for proof in first_of([evidence_text(item) for item in finding.evidence], SHOWN_EVIDENCE, verbose=verbose):
        yield "evidence", proof
    for step in first_of([f"{s.path}: {s.outcome}" for s in finding.trace], SHOWN_STEPS, verbose=verbose):
        yield "tried", step
    for other in first_of([_occurrence(item) for item in finding.others], SHOWN_PATHS, verbose=verbose):
        yield "also", other
    users = [path for path in finding.needed_by if path not in finding.paths]
    for user in first_of(users, SHOWN_PATHS, verbose=verbose):
        yield "used by", user
    if not finding.others:
        for alias in first_of(list(finding.aliases), SHOWN_ALIASES, verbose=verbose):
            yield "alias", alias
    yield "why", finding.why
    if finding.fix:
        yield "help", finding.fix
    yield from _suppression(finding)


def _suppression(finding: Finding) -> Iterator[tuple[str, str]]:
    yield "suppress", f"--ignore {shlex.quote(finding.suppress)}"
    if finding.others:
        yield "", WIDER


def _occurrence(other: Occurrence) -> str:
    place = f"{other.path} ({plural(other.size, 'byte')})"
    return f"{place}: {evidence_text(other.evidence[0])}" if other.evidence else place


def first_of(items: list[str], most: int, *, verbose: bool) -> list[str]:
    """Return the first items and how many more there are; all of them where ``verbose``."""
    if verbose or len(items) <= most:
        return items
    return [*items[: most - 1], f"and {len(items) - most + 1:,} more (-v shows all)"]


def root_heading(root: RootSummary) -> Line:
    """Return what a root is called and how much is in it."""
    if not root.path:
        return line(plural(root.elf_files, "ELF file"))
    stopped = ", as far as it was judged" if root.interrupted else ""
    return line(Span(root.path, "bold"), f": {_among(root)}{stopped}")


def _among(root: RootSummary) -> str:
    return f"{plural(root.elf_files, 'ELF file')} among {plural(root.files, 'file')}"


def _script_lines(root: RootSummary, *, verbose: bool) -> Iterator[Line]:
    """Yield how many scripts name an interpreter that is not there, and each such interpreter."""
    if root.missing_interpreters:
        count = f"{len(root.scripts_without_interpreter):,} of {plural(root.scripts, 'script')}"
        yield line("  scripts   ", f"{count} name an interpreter (#!) that is not in this tree")
        for text in first_of([_missed(row) for row in root.missing_interpreters], SHOWN_INTERPRETERS, verbose=verbose):
            yield line("            ", text)


def _missed(row: MissingInterpreter) -> str:
    """Return an interpreter that is missing and the first scripts that name it."""
    how = ", which env does not find" if row.by_env else ""
    hint = " (its line ends in CR LF)" if row.name.endswith("\r") else ""
    if not row.by_env and not row.name.startswith("/"):
        hint += " (relative: it begins where the script is started)"
    named = ", ".join(row.scripts[:3]) + (f" and {len(row.scripts) - 3:,} more" if len(row.scripts) > 3 else "")
    return f"{row.name}{hint}{how}: {named}"


def excluded_lines(root: RootSummary, *, verbose: bool = False) -> Iterator[Line]:
    """Yield what of a root was left out as asked: whatever view of it is shown, it is of the rest."""
    if root.excluded:
        shown = first_of(list(root.excluded), SHOWN_PATHS, verbose=verbose)
        yield line("  excluded  ", f"{', '.join(shown)}: not judged")


def root_lines(root: RootSummary, *, verbose: bool = False) -> Iterator[Line]:
    """Yield what was looked at under one root."""
    if root.path:
        yield root_heading(root)
    for platform in root.platforms:
        yield line("  platform  ", f"{platform.describe()} ({platform.why})")
    if root.path and root.elf_files and not (root.platforms or root.interrupted):
        yield line("  platform  ", "none: no program's loader is in this tree, so no file can be called foreign")
    for sentence in root.universal:
        yield line("  note      ", sentence)
    yield from _script_lines(root, verbose=verbose)
    if root.pseudo:
        yield line("  skipped   ", f"{', '.join(root.pseudo)} (filled by the kernel at run time)")
    yield from excluded_lines(root, verbose=verbose)
    if root.not_evaluated and root.elf_files:
        reason = "the tree was not read to its end" if root.path else "they need a tree; name one with --root DIR"
        yield line("  skipped   ", f"{', '.join(root.not_evaluated)}: {reason}")


def verdict(report: Report, *, interrupted: bool = False) -> str:
    """Return the last line: how many findings of each severity, in how many files."""
    if interrupted and not report.elf_files:
        return "Interrupted before anything was judged."
    said = _judged(report)
    return f"Interrupted; until then: {said[0].lower()}{said[1:]}" if interrupted else said


def _judged(report: Report) -> str:
    counts = report.counts()
    told = [plural(number, word) for word, number in counts.items() if number]
    checked = plural(report.elf_files, "ELF file")
    if not report.elf_files:
        return "No ELF file found."
    if not told:
        return f"No problem found in {checked}."
    files = len({(finding.root, path) for finding in report.findings for path in finding.paths})
    listed = " and ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else told[0]
    return f"Found {listed} in {plural(files, 'file')}; {checked} checked."


def plural(number: int, word: str) -> str:
    """Return "1 file", "2 files", "1,200 files"."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")

"""The report of `elfkit check` for people: what, where, the bytes that prove it, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.checks.finding import Finding, Severity
from elfkit.checks.report import Report, RootSummary
from elfkit_cli.evidence_text import evidence_text
from elfkit_cli.lines import Line, Span, line

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
SHOWN_PATHS, SHOWN_EVIDENCE, SHOWN_STEPS, SHOWN_ALIASES = 4, 4, 6, 3


def report_lines(report: Report, *, verbose: bool, quiet: bool) -> Iterator[Line]:
    """Yield the lines of a report; ``quiet`` leaves out reasons, advice and summary, ``verbose`` shortens nothing."""
    for finding in report.findings:
        yield from finding_lines(finding, verbose=verbose, quiet=quiet)
    if quiet:
        return
    for root in report.roots:
        yield from root_lines(root)
    yield line(Span(verdict(report), "bold"))


def finding_lines(finding: Finding, *, verbose: bool, quiet: bool) -> Iterator[Line]:
    """Yield one finding: heading, message, then labelled lines."""
    style = STYLES[finding.severity]
    heading = Span(f"{finding.severity.word}[{finding.rule} {finding.name}]", style)
    more = len(finding.paths) - 1
    place = finding.path or finding.root
    yield line(heading, " ", Span(place, "bold"), f" and {more:,} more" if more else "")
    doubt = "" if finding.confidence.value == "high" else f" (confidence: {finding.confidence.value})"
    yield line("  ", finding.message, doubt)
    if not quiet:
        for label, text in _details(finding, verbose=verbose):
            yield line("  ", Span(f"{label:>8}", "dim"), "  ", text)
        yield line()


def _details(finding: Finding, *, verbose: bool) -> Iterator[tuple[str, str]]:
    for proof in _first([evidence_text(item) for item in finding.evidence], SHOWN_EVIDENCE, verbose=verbose):
        yield "evidence", proof
    for step in _first([f"{s.path}: {s.outcome}" for s in finding.trace], SHOWN_STEPS, verbose=verbose):
        yield "tried", step
    also = "needs it" if finding.needed_by else "also"
    if len(finding.paths) > 1:
        for path in _first(list(finding.paths), SHOWN_PATHS, verbose=verbose):
            yield also, path
    for alias in _first(list(finding.aliases), SHOWN_ALIASES, verbose=verbose):
        yield "alias", alias
    yield "why", finding.why
    if finding.fix:
        yield "help", finding.fix


def _first(items: list[str], most: int, *, verbose: bool) -> list[str]:
    if verbose or len(items) <= most:
        return items
    return [*items[: most - 1], f"and {len(items) - most + 1:,} more (-v shows all)"]


def root_lines(root: RootSummary) -> Iterator[Line]:
    """Yield what was looked at under one root."""
    if root.path:
        yield line(Span(root.path, "bold"), f": {root.elf_files:,} ELF files among {root.files:,} files")
    for platform in root.platforms:
        yield line("  platform  ", platform.describe(), f" ({platform.why})")
    if root.path and root.elf_files and not root.platforms:
        yield line("  platform  none: no program's loader is in this tree, so no file can be called foreign")
    for sentence in root.universal:
        yield line("  note      ", sentence)
    if root.scripts_without_interpreter:
        lost = root.scripts_without_interpreter
        named = ", ".join(lost[:3]) + (", ..." if len(lost) > 3 else "")
        count = f"{len(lost):,} of {root.scripts:,} scripts"
        yield line("  scripts   ", f"{count} name an interpreter (#!) that is not in this tree: {named}")
    if root.pseudo:
        yield line("  skipped   ", ", ".join(root.pseudo), " (filled by the kernel at run time)")
    if root.not_evaluated:
        yield line("  skipped   ", f"{', '.join(root.not_evaluated)}: they need a tree; name one with --root DIR")


def verdict(report: Report) -> str:
    """Return the last line: how many findings of each severity, in how many files."""
    counts = report.counts()
    told = [_plural(number, word) for word, number in counts.items() if number]
    checked = _plural(report.elf_files, "ELF file")
    if not report.elf_files:
        return "No ELF file found."
    if not told:
        return f"No problem found in {checked}."
    files = len({(finding.root, path) for finding in report.findings for path in finding.paths})
    listed = " and ".join([", ".join(told[:-1]), told[-1]]) if len(told) > 1 else told[0]
    return f"Found {listed} in {_plural(files, 'file')}; {checked} checked."


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")

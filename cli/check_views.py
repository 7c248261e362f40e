"""Other views of a report: counts by rule, findings grouped by rule or by file, the platforms of a tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from elfkit.checks.finding import Finding
from elfkit.checks.report import Report
from elfkit.checks.statistics import count_by_rule
from elfkit.firmware.platforms import Platform
from elfkit_cli.check_text import (
    STYLES,
    details,
    excluded_lines,
    finding_lines,
    first_of,
    heading_text,
    plural,
    root_heading,
    verdict,
)
from elfkit_cli.evidence_text import evidence_text
from elfkit_cli.lines import Line, Span, line
from elfkit_cli.tables import table_lines

GROUPED_PATHS = 12  # findings of one rule that are shown without -v


def statistics_lines(report: Report, *, interrupted: bool = False) -> Iterator[Line]:
    """Yield a table with one row for each rule that found something, and the verdict."""
    counts = count_by_rule(report)
    rows = [
        (Span(c.rule, "bold"), c.name, Span(c.severity.word, STYLES[c.severity]), c.findings, c.files, c.size)
        for c in counts
    ]
    if rows:
        yield from table_lines(("rule", "name", "severity", "findings", "files", "bytes"), rows)
        yield line()
    for root in report.roots:
        yield from excluded_lines(root)
    yield line(Span(verdict(report, interrupted=interrupted), "bold"))


def by_rule_lines(report: Report, *, verbose: bool) -> Iterator[Line]:
    """Yield the findings below their rules; ``verbose`` adds to each what it is without grouping."""
    counts = {count.rule: count for count in count_by_rule(report)}
    for rule, count in sorted(counts.items(), key=lambda item: (-item[1].severity, item[0])):
        found = [finding for finding in report.findings if finding.rule == rule]
        told = f"{plural(count.findings, 'finding')} in {plural(count.files, 'file')}, {plural(count.size, 'byte')}"
        yield line(Span(f"{count.severity.word}[{rule} {count.name}]", STYLES[count.severity]), " ", told)
        yield line("  ", Span(f"{'why':>8}", "dim"), "  ", found[0].why)
        for finding in found if verbose else found[:GROUPED_PATHS]:
            yield line("  ", Span(heading_text(finding), "bold"))
            yield line("    ", finding.message)
            for label, text in details(finding, verbose=True) if verbose else ():
                yield line("    ", Span(f"{label:>8}", "dim"), "  ", text)
        if not verbose and len(found) > GROUPED_PATHS:
            yield line("  ", f"and {len(found) - GROUPED_PATHS:,} more (-v shows all)")
        yield line()


def by_file_lines(report: Report, *, verbose: bool) -> Iterator[Line]:
    """Yield each file with what was found in it; ``verbose`` shows all evidence."""
    files: dict[tuple[str, str], list[Finding]] = {}
    for finding in report.findings:
        for path in finding.paths:
            files.setdefault((finding.root, path), []).append(finding)
    for (root, path), findings in sorted(files.items()):
        yield line(Span(path or root, "bold"), f": {plural(len(findings), 'finding')}")
        for finding in findings:
            mark = Span(f"{finding.severity.word}[{finding.rule} {finding.name}]", STYLES[finding.severity])
            yield line("  ", mark, "  ", finding.message)
            for proof in _evidence(finding, path, verbose=verbose):
                yield line("  ", Span("evidence", "dim"), "  ", proof)
        yield line()


def _evidence(finding: Finding, path: str, *, verbose: bool) -> list[str]:
    own = {other.path: other.evidence for other in finding.others}.get(path, finding.evidence)
    return first_of([evidence_text(proof) for proof in own], 2, verbose=verbose)


def by_cause_lines(report: Report, *, verbose: bool, quiet: bool) -> Iterator[Line]:
    """Yield one block for each cause."""
    for finding in report.findings:
        yield from finding_lines(finding, verbose=verbose, quiet=quiet)


def platforms_lines(report: Report) -> Iterator[Line]:
    """Yield a table of the platforms of each root."""
    for root in report.roots:
        yield root_heading(root)
        yield from excluded_lines(root)
        if not root.platforms:
            yield line("  ", "no platform: no program's loader is in this tree" if root.path else "no tree was named")
            continue
        rows = [_platform_row(*pair) for pair in zip(root.platforms, root.populations, strict=True)]
        yield from table_lines(("platform", "loader", "programs", "libraries", "why"), rows, indent="  ")


def _platform_row(platform: Platform, population: tuple[int, int]) -> tuple[Span | str | int, ...]:
    style = "bold" if platform.primary else ""
    return (Span(platform.describe(), style), _loader(platform), *population, platform.why)


def _loader(platform: Platform) -> str:
    asked, there = platform.interpreter, platform.loader
    if not asked:
        return "none (static)"
    if not there:
        return f"{asked} (not there)"
    return asked if asked == f"/{there}" else f"{asked} -> {there}"


def view_lines(report: Report, grouping: str, *, verbose: bool, quiet: bool) -> Iterator[Line]:
    """Yield the findings of a report, grouped by "rule", "file" or "cause", those of each root apart."""
    if len(report.roots) < 2:
        yield from _grouped(report, grouping, verbose=verbose, quiet=quiet)
        return
    for root in report.roots:
        own = replace(report, findings=tuple([finding for finding in report.findings if finding.root == root.path]))
        if own.findings:
            yield line("in ", Span(root.path or "files named one by one", "bold"), ":")
            yield from _grouped(own, grouping, verbose=verbose, quiet=quiet)


def _grouped(report: Report, grouping: str, *, verbose: bool, quiet: bool) -> Iterator[Line]:
    if grouping == "rule":
        return by_rule_lines(report, verbose=verbose)
    if grouping == "file":
        return by_file_lines(report, verbose=verbose)
    return by_cause_lines(report, verbose=verbose, quiet=quiet)

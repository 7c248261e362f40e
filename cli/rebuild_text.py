"""What `elfkit rebuild-sections` tells people: one line a file, and the planned table with the reason of each row."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from elfkit.abi.sections import (
    SHF_ALLOC,
    SHF_COMPRESSED,
    SHF_EXECINSTR,
    SHF_GROUP,
    SHF_INFO_LINK,
    SHF_LINK_ORDER,
    SHF_MASKOS,
    SHF_MASKPROC,
    SHF_MERGE,
    SHF_OS_NONCONFORMING,
    SHF_STRINGS,
    SHF_TLS,
    SHF_WRITE,
    section_type_name,
)
from elfkit.evidence import Certainty
from elfkit.rebuild.plan import SectionPlan
from elfkit.rebuild.planned import PlannedSection
from elfkit.rebuild.report import Action, RebuildReport
from elfkit_cli.check_text import plural
from elfkit_cli.evidence_text import evidence_text
from elfkit_cli.lines import NARROWEST, Line, Span, line
from elfkit_cli.rebuild_work import Outcome, Work
from elfkit_cli.tables import Cell, table_lines

HEADER = ("no", "name", "type", "address", "size", "flags", "certain")
BECAUSE = "because"
INDENT = "  "
STYLES = {Certainty.BOUNDED: "yellow", Certainty.GUESSED: "yellow", Certainty.UNKNOWN: "yellow"}
# the letters of readelf's key to flags, in the order of the bits
LETTERS = {
    SHF_WRITE: "W",
    SHF_ALLOC: "A",
    SHF_EXECINSTR: "X",
    SHF_MERGE: "M",
    SHF_STRINGS: "S",
    SHF_INFO_LINK: "I",
    SHF_LINK_ORDER: "L",
    SHF_OS_NONCONFORMING: "O",
    SHF_GROUP: "G",
    SHF_TLS: "T",
    SHF_COMPRESSED: "C",
    SHF_MASKOS: "o",
    SHF_MASKPROC: "p",
}


def outcome_lines(outcome: Outcome, arguments: Namespace, *, columns: int | None) -> Iterator[Line]:
    """Yield what became of one file; what was refused is told on standard error."""
    report = outcome.report
    if report is None or (arguments.quiet and not arguments.dry_run):
        return
    if report.action is Action.NOTHING and outcome.job.root is not None and not arguments.verbose:
        return  # the summary counts them
    said = told(report, in_place=arguments.in_place, verbose=arguments.verbose)
    if report.action is Action.NOTHING and arguments.output is not None:
        said += f"; {arguments.output} is not written"
    yield line(Span(outcome.job.shown, "bold"), ": ", said)
    for warning in report.warnings:
        yield line("  warning  ", Span(warning, "yellow"))
    if report.plan is not None and (arguments.dry_run or arguments.verbose):
        yield from plan_lines(report.plan, verbose=arguments.verbose, columns=columns)
    if arguments.verbose:
        for check in report.checks:
            yield line("  verified  ", check.detail)


def told(report: RebuildReport, *, in_place: bool, verbose: bool) -> str:
    """Return one sentence: what the file needed, and what was done."""
    if report.plan is None:
        return f"nothing to do: {report.reason}"
    rows = plural(len(report.plan.sections) + (report.action is Action.REBUILT), "section")  # .shstrtab comes last
    done = "rebuilt and verified" if report.target is not None else "would be rebuilt"
    if report.action is Action.REVIVED:
        done = "of its old table revived" if report.target is not None else "of its old table can be revived"
    said = f"{rows} {done}, {symbols(report.plan)}"
    if verbose or report.target is None:
        said = f"{report.reason}; {said}"
    if report.target is None:
        return said
    return f"{said}, in place" if in_place else f"{said}, written to {report.target}"


def symbols(plan: SectionPlan) -> str:
    """Return how many dynamic symbols there are, as far as it is known."""
    count = plan.count
    if count.total is not None:
        return plural(count.total, "dynamic symbol")
    high = "an unknown number" if count.high is None else f"{count.high:,}"
    return f"{count.low:,} to {high} of dynamic symbols"


def plan_lines(plan: SectionPlan, *, verbose: bool, columns: int | None) -> Iterator[Line]:
    """Yield the table, each row with its reason beside it, or below it where ``columns`` are too few for that."""
    rows = [_cells(section, plan.machine) for section in plan.sections]
    head, *shown = table_lines((*HEADER, ""), [(*row, "") for row in rows], indent=INDENT)
    width = sum([len(span.text) for span in head])
    beside = columns is None or columns - width >= NARROWEST
    yield (*head, Span(BECAUSE, "dim")) if beside else head
    for spans, section in zip(shown, plan.sections, strict=True):
        yield (*spans, Span(section.because)) if beside else spans
        if not beside:
            yield line(INDENT * 3, section.because)
        if verbose:
            yield line(INDENT * 3, Span(_fields(section), "dim"))
            for proof in section.evidence:
                yield line(INDENT * 3, Span(evidence_text(proof), "dim"))
    for row in plan.rejected:
        yield line("  left out  ", f"{row.section.name}: {row.why}")


def _cells(section: PlannedSection, machine: int) -> tuple[Cell, ...]:
    return (
        section.index or 0,
        section.name,
        section_type_name(section.type, machine).removeprefix("SHT_"),
        f"{section.addr:#x}",
        f"{section.size:#x}",
        flag_letters(section.flags),
        Span(section.certainty.value, STYLES.get(section.certainty, "")),
    )


def _fields(section: PlannedSection) -> str:
    """Return the fields that have no column, as readelf calls them."""
    said = f"off {section.offset:#x}, es {section.entsize:#x}, al {section.addralign}"
    link = f", lk {section.link}" if section.link else ""
    return f"{said}{link}, inf {section.info}" if section.info else said + link


def flag_letters(flags: int) -> str:
    """Return the letters that readelf shows for sh_flags; o and p stand for bits of the system and the processor."""
    return "".join([letter for bits, letter in LETTERS.items() if flags & bits])


def summary_lines(work: Work, *, interrupted: bool, dry_run: bool) -> Iterator[Line]:
    """Yield how many files there were of each outcome."""
    reports = [outcome.report for outcome in work.outcomes if outcome.report is not None]
    done = len([report for report in reports if report.action is not Action.NOTHING])
    sound = len(reports) - done
    counts = [f"{sound:,} {'needs' if sound == 1 else 'need'} nothing"]
    refused = len(work.outcomes) - len(reports)
    counts += [f"{refused:,} refused"] if refused else []
    counts += [plural(work.links, "link") + " made"] if work.links else []
    total = plural(len(work.outcomes), "ELF file")
    said = f"{done:,} of {total} {'would be' if dry_run else ''} rebuilt, {', '.join(counts)}.".replace("  ", " ")
    begin = "Interrupted; until then: " if interrupted else ""
    yield line(Span(f"{begin}{said}", "bold"))

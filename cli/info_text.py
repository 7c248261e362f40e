"""The facts of one file for people: one screen, facts in groups, the proof beside those that are concluded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elfkit.abi.machines import machine
from elfkit.evidence import Certainty, Fact
from elfkit.facts.facts import Facts
from elfkit.facts.kind import Kind
from elfkit_cli.evidence_text import evidence_text
from elfkit_cli.lines import Line, Span, line

Row = tuple[str, str, Fact[Any] | None]

# what a file is, in the words of people who build firmware
KINDS = {
    Kind.EXECUTABLE: "program",
    Kind.PIE: "position-independent program",
    Kind.STATIC: "static program",
    Kind.STATIC_PIE: "position-independent static program",
    Kind.SHARED: "library",
    Kind.RELOCATABLE: "object file",
    Kind.MODULE: "kernel module",
    Kind.CORE: "core dump",
    Kind.DEBUG_ONLY: "detached debug information",
    Kind.UNKNOWN: "file",
}
# how good or bad a fact is at first sight; whatever says nothing is dim
STYLES = {
    ("stack", "executable"): "bold red",
    ("stack", "non-executable"): "green",
    ("writable code", "yes"): "bold red",
    ("relro", "full"): "green",
    ("relro", "none"): "yellow",
    ("bind now", "yes"): "green",
    ("text relocations", "yes"): "yellow",
    ("section headers", "damaged"): "yellow",
}
MOST_NAMES = 500  # libraries named in one row; JSON names all
MOST_PROOFS = 500
NOTHING = frozenset({"none", "nothing", "unknown"})
FLOATS = frozenset({"soft", "hard", "single", "quad"})


def info_lines(path: str, facts: Facts, *, verbose: bool) -> Iterator[Line]:
    """Yield the facts of one file; ``verbose`` shows the evidence of each."""
    yield line(Span(path, "bold"))
    yield line("  ", headline(facts))
    if facts.anomalies:
        yield line("  ", Span("damage", "bold red"))
        for anomaly in facts.anomalies:
            yield line("    ", f"{anomaly.detail} [{evidence_text(anomaly.evidence)}]")
    for title, rows in _groups(facts, verbose=verbose):
        yield line("  ", Span(title, "bold cyan"))
        for label, text, fact in rows:
            style = "dim" if text in NOTHING else STYLES.get((label, text), "")
            yield line("    ", f"{label:<18}", Span(text, style))
            if verbose and fact is not None:
                for proof in fact.evidence[:MOST_PROOFS]:
                    yield line("    ", " " * 18, Span(evidence_text(proof), "dim"))
                if len(fact.evidence) > MOST_PROOFS:
                    yield line("    ", " " * 18, Span(f"... and {len(fact.evidence) - MOST_PROOFS:,} more", "dim"))


def headline(facts: Facts) -> str:
    """Return in one phrase what a file is: "program for MIPS 32-bit big-endian o32, soft-float, musl"."""
    if not facts.elf_class.value:
        return "ELF file with a damaged header"
    row = machine(facts.e_machine)
    words = [
        row.title if row else facts.machine.value,
        f"{facts.elf_class.value}-bit",
        f"{facts.data.value}-endian",
        facts.abi_variant.value,
    ]
    parts = [f"{KINDS[facts.kind.value]} for {' '.join([word for word in words if word])}"]
    if facts.float_abi.value in FLOATS:
        parts.append(f"{facts.float_abi.value}-float")
    if facts.libc.value not in NOTHING:
        parts.append(facts.libc.value)
    return ", ".join(parts)


def _groups(facts: Facts, *, verbose: bool) -> Iterator[tuple[str, list[Row]]]:
    """Yield the rows in groups; without evidence to show, some facts share a row: they are to fit on one screen."""
    yield "identity", _identity(facts, verbose=verbose)
    yield "linking", [*_linking(facts), *(_loading(facts) if verbose else ())]
    yield "protection", _protection(facts, verbose=verbose)
    yield "contents", _contents(facts, verbose=verbose)


def _identity(facts: Facts, *, verbose: bool) -> list[Row]:
    row = machine(facts.e_machine)
    name = f"{row.title} ({facts.machine.value})" if row else facts.machine.value
    variant = f", {facts.abi_variant.value}" if facts.abi_variant.value else ""
    return [
        ("machine", f"{name}, {facts.elf_class.value}-bit, {facts.data.value}-endian{variant}", facts.machine),
        ("kind", f"{facts.kind.value.value} ({facts.type.value})", facts.kind),
        *(_cpu_in_full(facts) if verbose else _cpu(facts)),
        ("float ABI", _sure(facts.float_abi), facts.float_abi),
        ("C library", _sure(facts.libc), facts.libc),
        *(_system(facts) if verbose else ()),
    ]


def _system(facts: Facts) -> list[Row]:
    fact = facts.system
    if fact is None or fact.value is None:
        return []
    return [("made for", f"{fact.value}, {fact.detail}" if fact.detail else fact.value, fact)]


def _cpu(facts: Facts) -> list[Row]:
    """Return the ISA, with e_flags and NaNs of the newer encoding in the same row."""
    said = f"e_flags {facts.flags.value:#x}" + (", IEEE 754-2008 NaNs" if facts.nan2008.value else "")
    return [("ISA", f"{_isa(facts)}, {said}", facts.isa)]


def _cpu_in_full(facts: Facts) -> list[Row]:
    """Return what the code asks of the CPU: the rows that the machine has."""
    rows: list[Row] = [("flags", f"{facts.flags.value:#x}", facts.flags), ("ISA", _isa(facts), facts.isa)]
    if facts.fp_mode.value != "unknown":
        rows.append(("FPU mode", facts.fp_mode.value, facts.fp_mode))
    if facts.nan2008.value is not None:
        rows.append(("NaN encoding", "IEEE 754-2008" if facts.nan2008.value else "legacy", facts.nan2008))
    return rows


def _isa(facts: Facts) -> str:
    fact = facts.isa
    if fact is None:
        return "unknown"
    return f"at least {fact.value}" if fact.certainty is Certainty.BOUNDED else str(fact.value)


def _linking(facts: Facts) -> list[Row]:
    return [
        ("interpreter", facts.interpreter.value or "none", facts.interpreter),
        ("soname", facts.soname.value or "none", facts.soname),
        ("needed", _listed(facts.needed.value) or "nothing", facts.needed),
        *_search_paths(facts),
    ]


def _loading(facts: Facts) -> list[Row]:
    """Return what the file asks of its loader, where that is not what every file asks."""
    rows: list[tuple[str, str, Fact[Any] | None]] = [
        ("hash tables", ", ".join(facts.hash_tables.value), facts.hash_tables),
        ("packed relocations", ", ".join(facts.packed_relocations.value), facts.packed_relocations),
        ("static TLS", "yes" if facts.static_tls.value else "", facts.static_tls),
        ("relocation types", _joined(facts.relocation_types), facts.relocation_types),
        ("indirect functions", _joined(facts.indirect_functions), facts.indirect_functions),
        ("glibc's loader", _joined(facts.glibc_abi), facts.glibc_abi),
        ("release", (facts.libc_release.value or "") if facts.libc_release else "", facts.libc_release),
        ("oldest kernel", (facts.kernel.value or "") if facts.kernel else "", facts.kernel),
        ("opens", _opened(facts), facts.dlopens),
    ]
    return [row for row in rows if row[1]]


def _joined(fact: Fact[tuple[Any, ...]] | None) -> str:
    return ", ".join([str(value) for value in fact.value]) if fact else ""


def _opened(facts: Facts) -> str:
    found = facts.dlopens.value if facts.dlopens else ()
    return ", ".join([f"{' or '.join(row.sonames)} ({row.priority})" for row in found])


def _listed(names: tuple[str, ...]) -> str:
    more = f", ... and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def _search_paths(facts: Facts) -> list[Row]:
    pairs = (("rpath", facts.rpath), ("runpath", facts.runpath))
    found: list[Row] = [(label, fact.value or '""', fact) for label, fact in pairs if fact.value is not None]
    return found or [("rpath, runpath", "none", None)]


def _protection(facts: Facts, *, verbose: bool) -> list[Row]:
    return [
        ("stack", facts.stack.value, facts.stack),
        ("writable code", _yes(facts.writable_code) + ("" if verbose else _marked(facts)), facts.writable_code),
        ("relro", facts.relro.value, facts.relro),
        ("bind now", _yes(facts.bind_now), facts.bind_now),
        *(_marks(facts) if verbose else ()),
        ("text relocations", _text_relocations(facts), facts.text_relocation_count or facts.text_relocations),
    ]


def _marks(facts: Facts) -> list[Row]:
    """Return the protections that the code is marked for, on machines that have such marks."""
    row = machine(facts.e_machine)
    if facts.properties is None or row is None or not row.properties:
        return []
    return [("marked for", ", ".join(facts.properties.value) or "none", facts.properties)]


def _marked(facts: Facts) -> str:
    return (
        f", code marked for {', '.join(facts.properties.value)}" if facts.properties and facts.properties.value else ""
    )


def _text_relocations(facts: Facts) -> str:
    said, count = facts.text_relocations.value, facts.text_relocation_count
    if count is None or (not count.value and not said):
        return _yes(facts.text_relocations)
    return f"{count.value:,} relocations" + ("" if said else ", and no flag that says so")


def _contents(facts: Facts, *, verbose: bool) -> list[Row]:
    sizes = facts.sizes.value
    pages = _pages(facts)
    mapped = f" in pages of {pages}" if pages and not verbose else ""
    rows: list[Row] = [
        ("file size", f"{sizes.file:,} bytes, {sizes.memory:,} in memory{mapped}", facts.sizes),
        ("section headers", facts.section_headers.value, facts.section_headers),
    ]
    if pages and verbose:
        rows.append(("page sizes", pages, facts.page_sizes))
    if facts.symbols is not None:
        count = facts.symbols
        number = f"{count.total:,}" if count.total is not None else f"{count.low:,} to {_upper(count.high)}"
        shown: Fact[Any] = Fact(number, count.certainty, count.evidence)
        rows.append(("dynamic symbols", f"{number} ({count.certainty.value})", shown))
    if facts.packer.value is not None:
        rows.append(("packer", facts.packer.value, facts.packer))
    if facts.build_id is not None:
        rows.append(("build-id", facts.build_id.value or "none", facts.build_id))
    return rows


def _pages(facts: Facts) -> str:
    fact = facts.page_sizes
    if fact is None or fact.certainty is Certainty.UNKNOWN:
        return ""
    sizes = ", ".join([f"{size >> 10}K" for size in fact.value]) or "no usual size"
    return f"{sizes} ({fact.detail})" if fact.detail else sizes


def _upper(high: int | None) -> str:
    return "an unknown number" if high is None else f"{high:,}"


def _yes(fact: Fact[bool]) -> str:
    return "yes" if fact.value else "no"


def _sure(fact: Fact[str]) -> str:
    detail = f": {fact.detail}" if fact.detail else ""
    return fact.value + detail + (" (a guess)" if fact.certainty is Certainty.GUESSED else "")

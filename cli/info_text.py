"""The facts of one file for people: one screen, facts in groups, the proof beside those that are concluded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elfkit.abi.machines import machine
from elfkit.evidence import Certainty, Fact
from elfkit.facts.facts import Facts
from elfkit_cli.evidence_text import evidence_text
from elfkit_cli.lines import Line, Span, line

Row = tuple[str, str, Fact[Any] | None]


def info_lines(path: str, facts: Facts, *, verbose: bool) -> Iterator[Line]:
    """Yield the facts of one file; ``verbose`` shows the evidence of each."""
    yield line(Span(path, "bold"))
    for title, rows in _groups(facts):
        yield line("  ", Span(title, "bold cyan"))
        for label, text, fact in rows:
            yield line("    ", f"{label:<18}", text)
            if verbose and fact is not None:
                for proof in fact.evidence:
                    yield line("    ", " " * 18, Span(evidence_text(proof), "dim"))
    if facts.anomalies:
        yield line("  ", Span("damage", "bold red"))
        for anomaly in facts.anomalies:
            yield line("    ", f"{anomaly.detail} [{evidence_text(anomaly.evidence)}]")
    yield line()


def _groups(facts: Facts) -> Iterator[tuple[str, list[Row]]]:
    yield "identity", _identity(facts)
    yield "linking", _linking(facts)
    yield "protection", _protection(facts)
    yield "contents", _contents(facts)


def _identity(facts: Facts) -> list[Row]:
    row = machine(facts.e_machine)
    name = f"{row.title} ({facts.machine.value})" if row else facts.machine.value
    variant = f", {facts.abi_variant.value}" if facts.abi_variant.value else ""
    return [
        ("machine", f"{name}, {facts.elf_class.value}-bit, {facts.data.value}-endian{variant}", facts.machine),
        ("kind", f"{facts.kind.value.value} ({facts.type.value})", facts.kind),
        ("flags", f"{facts.flags.value:#x}", facts.flags),
        ("float ABI", _sure(facts.float_abi), facts.float_abi),
        ("C library", _sure(facts.libc), facts.libc),
    ]


def _linking(facts: Facts) -> list[Row]:
    return [
        ("interpreter", facts.interpreter.value or "none", facts.interpreter),
        ("soname", facts.soname.value or "none", facts.soname),
        ("needed", ", ".join(facts.needed.value) or "nothing", facts.needed),
        ("rpath", facts.rpath.value or "none", facts.rpath),
        ("runpath", facts.runpath.value or "none", facts.runpath),
    ]


def _protection(facts: Facts) -> list[Row]:
    return [
        ("stack", facts.stack.value, facts.stack),
        ("writable code", _yes(facts.writable_code), facts.writable_code),
        ("relro", facts.relro.value, facts.relro),
        ("bind now", _yes(facts.bind_now), facts.bind_now),
        ("text relocations", _yes(facts.text_relocations), facts.text_relocations),
    ]


def _contents(facts: Facts) -> list[Row]:
    sizes = facts.sizes.value
    rows: list[Row] = [
        ("file size", f"{sizes.file:,} bytes, {sizes.memory:,} in memory", facts.sizes),
        ("section headers", facts.section_headers.value, facts.section_headers),
    ]
    if facts.symbols is not None:
        count = facts.symbols
        number = f"{count.total:,}" if count.total is not None else f"{count.low:,} to {_upper(count.high)}"
        shown: Fact[Any] = Fact(number, count.certainty, count.evidence)
        rows.append(("dynamic symbols", f"{number} ({count.certainty.value})", shown))
    if facts.build_id is not None:
        rows.append(("build-id", facts.build_id.value or "none", facts.build_id))
    return rows


def _upper(high: int | None) -> str:
    return "an unknown number" if high is None else f"{high:,}"


def _yes(fact: Fact[bool]) -> str:
    return "yes" if fact.value else "no"


def _sure(fact: Fact[str]) -> str:
    detail = f": {fact.detail}" if fact.detail else ""
    return fact.value + detail + (" (a guess)" if fact.certainty is Certainty.GUESSED else "")

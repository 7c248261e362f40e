"""`elfkit rules` and `elfkit explain`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Iterator
from textwrap import wrap

from elfkit.checks.registry import RULES, rules_named
from elfkit.checks.rule import RuleSpec
from elfkit.errors import SelectionError
from elfkit_cli import exit_codes
from elfkit_cli.check_text import STYLES
from elfkit_cli.lines import Line, Span, line
from elfkit_cli.output import complain, write_json, write_text

SCHEMA = "elfkit.rules/1"
READABLE = 78  # columns of running text, on a terminal and in a file


def run_rules(arguments: Namespace) -> int:
    """List all rules."""
    if arguments.format == "json":
        write_json({"schema": SCHEMA, "rules": [rule.to_dict() for rule in RULES]}, path=arguments.output)
    else:
        lines = [row for rule in RULES for row in _listed(rule, arguments)]
        write_text(lines, path=arguments.output, colour=arguments.color)
    return exit_codes.CLEAN


def run_explain(arguments: Namespace) -> int:
    """Explain the rules that the arguments name, each once; return 2 if an argument names none."""
    rules: dict[str, RuleSpec] = {}
    complaints: list[Line] = []
    for name in arguments.rules:
        try:
            rules |= {rule.id: rule for rule in rules_named(name)}
        except SelectionError as error:
            complaints.append(line(f"elfkit: {error}"))
    try:
        _write(list(rules.values()), arguments)
    finally:
        complain(complaints)
    return exit_codes.UNUSABLE if complaints else exit_codes.CLEAN


def _write(rules: list[RuleSpec], arguments: Namespace) -> None:
    if arguments.format == "json":
        write_json({"schema": SCHEMA, "rules": [rule.to_dict() for rule in rules]}, path=arguments.output)
    else:
        lines = [row for rule in rules for row in ([_row(rule)] if arguments.quiet else explanation(rule))]
        write_text(lines, path=arguments.output, colour=arguments.color)


def _listed(rule: RuleSpec, arguments: Namespace) -> Iterable[Line]:
    if arguments.verbose:
        return explanation(rule)
    return [line(Span(rule.id, "bold"))] if arguments.quiet else [_row(rule)]


def _row(rule: RuleSpec) -> Line:
    severity = Span(f"{rule.severity.word:<8}", STYLES[rule.severity])
    return line(Span(rule.id, "bold"), "  ", severity, f" {rule.name:<22}", rule.documentation.splitlines()[0])


def explanation(rule: RuleSpec) -> Iterator[Line]:
    """Yield a rule's documentation."""
    heading = Span(f"{rule.id} {rule.name}", "bold")
    yield line(heading, "  ", Span(rule.severity.word, STYLES[rule.severity]), f", scope {rule.scope.value}")
    yield line()
    for paragraph in (*rule.documentation.split("\n\n"), f"Why it matters: {rule.why}."):
        yield from [line(text) for text in wrap(paragraph, READABLE, break_long_words=False, break_on_hyphens=False)]
        yield line()
    for severity, when in rule.severities:
        first, *more = wrap(when, READABLE - 8)
        yield line(Span(f"{severity.word:<8}", STYLES[severity]), first)
        yield from [line(" " * 8, text) for text in more]
    if rule.severities:
        yield line()
    if rule.opt_in:
        yield line(f"It is judged only where it is selected: --select {rule.id} (or {rule.name})")
    else:
        yield line(f"To check without it: --ignore {rule.id} (or {rule.name})")
    yield line()

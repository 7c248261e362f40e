"""`elfkit rules` and `elfkit explain`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from elfkit.checks.registry import RULES, rules_named
from elfkit.checks.rule import RuleSpec
from elfkit_cli import exit_codes
from elfkit_cli.check_text import STYLES
from elfkit_cli.lines import Line, Span, line
from elfkit_cli.output import write_json, write_text

SCHEMA = "elfkit.rules/1"


def run_rules(arguments: Namespace) -> int:
    """List all rules."""
    if arguments.format == "json":
        write_json({"schema": SCHEMA, "rules": [rule.to_dict() for rule in RULES]}, path=arguments.output)
    else:
        write_text([_row(rule) for rule in RULES], path=arguments.output, colour=arguments.color)
    return exit_codes.CLEAN


def run_explain(arguments: Namespace) -> int:
    """Explain the rules that the arguments name; SelectionError if one names none."""
    rules = [rule for name in arguments.rules for rule in rules_named(name)]
    if arguments.format == "json":
        write_json({"schema": SCHEMA, "rules": [rule.to_dict() for rule in rules]}, path=arguments.output)
    else:
        lines = [row for rule in rules for row in explanation(rule)]
        write_text(lines, path=arguments.output, colour=arguments.color)
    return exit_codes.CLEAN


def _row(rule: RuleSpec) -> Line:
    severity = Span(f"{rule.severity.word:<8}", STYLES[rule.severity])
    return line(Span(rule.id, "bold"), "  ", severity, f" {rule.name:<22}", rule.documentation.splitlines()[0])


def explanation(rule: RuleSpec) -> Iterator[Line]:
    """Yield a rule's documentation."""
    heading = Span(f"{rule.id} {rule.name}", "bold")
    yield line(heading, "  ", Span(rule.severity.word, STYLES[rule.severity]), f", scope {rule.scope.value}")
    yield line()
    for text in rule.documentation.splitlines():
        yield line(text)
    yield line()
    yield line("Why it matters: ", rule.why, ".")
    yield line(f"To check without it: --ignore {rule.id} (or {rule.name})")
    yield line()

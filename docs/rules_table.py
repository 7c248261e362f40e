"""The table of rules in the README, written from the registry.

python -m docs.rules_table           write it between its two marks
python -m docs.rules_table --check   change nothing, exit 1 if it is stale
"""

from __future__ import annotations

import sys

from docs.block import README, refresh, replaced
from elfkit.checks.registry import RULES
from elfkit.checks.rule import RuleSpec

BEGIN, END = "<!-- rules: written by make rules-table -->", "<!-- end of rules -->"


def table() -> str:
    """Return the table, in Markdown."""
    head = ["| id | name | severity | |", "|---|---|---|---|"]
    return "\n".join([*head, *[row(rule) for rule in RULES]])


def row(rule: RuleSpec) -> str:
    """Return one rule's row: all severities that it may have, the usual one first; "off" if it must be selected."""
    words = dict.fromkeys([rule.severity.word, *[severity.word for severity, _ in rule.severities]])
    words = {"off": None} | words if rule.opt_in else words
    said = rule.documentation.splitlines()[0].removesuffix(".").replace("|", "\\|")
    return f"| {rule.id} | {rule.name} | {', '.join(words)} | {said} |"


def renewed(text: str) -> str:
    """Return the README with the table as it should be."""
    return replaced(text, BEGIN, END, lambda _: f"\n{table()}\n")


def main(arguments: list[str] | None = None) -> int:
    """Write the table, or with --check exit 1 if it is stale."""
    return refresh(README, renewed, arguments, module="rules_table", what="table of rules", target="rules-table")


if __name__ == "__main__":
    sys.exit(main())

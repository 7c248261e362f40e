"""All rules, in one explicit table, and the selection of some of them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from elfkit.checks.rule import RuleSpec
from elfkit.checks.rules import (
    ek001_truncated,
    ek002_bad_ident,
    ek003_phdr_out_of_file,
    ek004_dynamic_broken,
    ek005_no_section_headers,
    ek009_unreadable,
    ek101_foreign_machine,
    ek102_wrong_class,
    ek103_wrong_endian,
    ek106_float_abi_mismatch,
    ek201_interp_missing,
    ek301_needed_missing,
    ek501_exec_stack,
    ek503_wx_segment,
    ek907_internal_error,
)
from elfkit.errors import SelectionError

RULES: tuple[RuleSpec, ...] = (
    ek001_truncated.RULE,
    ek002_bad_ident.RULE,
    ek003_phdr_out_of_file.RULE,
    ek004_dynamic_broken.RULE,
    ek005_no_section_headers.RULE,
    ek009_unreadable.RULE,
    ek101_foreign_machine.RULE,
    ek102_wrong_class.RULE,
    ek103_wrong_endian.RULE,
    ek106_float_abi_mismatch.RULE,
    ek201_interp_missing.RULE,
    ek301_needed_missing.RULE,
    ek501_exec_stack.RULE,
    ek503_wx_segment.RULE,
    ek907_internal_error.RULE,
)


def rules_named(name: str) -> tuple[RuleSpec, ...]:
    """Return the rules that an id, the beginning of one, or a name stands for; SelectionError if there is none.

    >>> [rule.name for rule in rules_named("EK50")]
    ['exec-stack', 'wx-segment']
    """
    wanted = name.strip()
    found = tuple(rule for rule in RULES if rule.name == wanted.lower() or _begins(rule.id, wanted.upper()))
    if not found:
        known = [text for rule in RULES for text in (rule.id, rule.name)]
        raise SelectionError(name, next(iter(get_close_matches(wanted, known, n=1)), ""))
    return found


def _begins(rule_id: str, wanted: str) -> bool:
    return wanted.startswith("EK") and rule_id.startswith(wanted)


def select_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[RuleSpec, ...]:
    """Return the rules that ``select`` names (all if it names none) less those that ``ignore`` names.

    SelectionError for a name that fits no rule.
    """
    chosen = {rule.id for name in select for rule in rules_named(name)} or {rule.id for rule in RULES}
    left_out = {rule.id for name in ignore for rule in rules_named(name)}
    return tuple(rule for rule in RULES if rule.id in chosen - left_out)

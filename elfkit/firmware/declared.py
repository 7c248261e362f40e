"""The platforms and the CPU of a tree whose target was named."""

from __future__ import annotations

from dataclasses import replace

from elfkit.abi.targets.row import Target
from elfkit.facts.facts import Facts
from elfkit.firmware.baseline import Baseline
from elfkit.firmware.platforms import Platform, Platforms, family, find_platforms
from elfkit.firmware.tree import Tree
from elfkit.limits import DEFAULT_LIMITS, Limits


def declared_platforms(tree: Tree, target: Target, *, limits: Limits = DEFAULT_LIMITS) -> Platforms:
    """Return the platforms of ``tree`` with that of ``target`` first, whatever PID 1 is."""
    found = tree.member(target.interpreter) if target.interpreter else None
    loader = found if found is not None and _is_for(found.facts, target) else None
    primary = Platform(
        machine=target.machine,
        e_machine=target.cpu.e_machine,
        elf_class=target.cpu.elf_class,
        data=target.cpu.data,
        variant=target.cpu.variant,
        float_abi=target.float_abi,
        libc=target.libc,
        interpreter=target.interpreter,
        loader=loader.path if loader else "",
        why=f"the target {target.name} of {target.system}",
        primary=True,
        shown_by=loader.path if loader else "",
        flags=target.flags,
        declared=True,
    )
    shown = find_platforms(tree, limits=limits)
    kin = family(primary.e_machine), primary.data
    others = [row for row in shown if row.loader != primary.loader and (family(row.e_machine), row.data) == kin]
    rest = tuple([replace(row, primary=False) for row in others if _abi(row) != _abi(primary)])
    differs = shown.primary is not None and _abi(shown.primary) != _abi(primary)
    return Platforms((primary, *rest[: limits.platforms - 1]), shown=shown.primary if differs else None)


def declared_baseline(target: Target) -> Baseline | None:
    """Return what the CPU of ``target`` has; None where its name does not tell."""
    return Baseline(target.isa, "the target", given=True, whole=target.names_cpu) if target.isa.base else None


def _is_for(facts: Facts, target: Target) -> bool:
    mine = facts.e_machine, facts.elf_class.value, facts.data.value
    return mine == (target.cpu.e_machine, target.cpu.elf_class, target.cpu.data)


def _abi(platform: Platform) -> tuple[object, ...]:
    """Return what two platforms that are one agree in; a float ABI that is not known agrees with any."""
    known = platform.float_abi if platform.float_abi in ("soft", "hard", "single", "quad") else ""
    return platform.e_machine, platform.elf_class, platform.data, platform.variant, known, platform.libc

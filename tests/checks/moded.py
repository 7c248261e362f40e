"""Roots whose files have modes, judged by one rule; the machines that stand in them."""

import os
from collections.abc import Mapping
from pathlib import Path

from elfkit.abi.header import (
    EM_X86_64,
)
from elfkit.checks.check import check
from elfkit.checks.report import Report
from tests.elfwriter import Elf
from tests.firmware.plants import Content, asking, grow

X86_64 = Elf(machine=EM_X86_64)
GLIBC64, MUSL64, BIONIC64 = "/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1", "/system/bin/linker64"
RWX = 7
HEXAGON = 164
Modes = Mapping[str, int]


def judged(root: Path, plan: Mapping[str, Content], rule: str, modes: Modes | None = None) -> dict[str, str]:
    """What one rule says of each file of a root whose files all may be executed, but for `modes`."""
    return {
        path: finding.severity.word for finding in report(root, plan, rule, modes).findings for path in finding.paths
    }


def report(root: Path, plan: Mapping[str, Content], rule: str, modes: Modes | None = None) -> Report:
    grow(root, plan)
    for path, what in plan.items():
        if isinstance(what, (Elf, bytes)):
            os.chmod(root / path, (modes or {}).get(path, 0o755))
    return check(root, select=[rule])


def host(more: Mapping[str, Content], *, base: Elf = X86_64, loader: str = GLIBC64) -> dict[str, Content]:
    """A root of another machine: PID 1 and its loader, and whatever is added."""
    return {"sbin/init": asking(base, loader, ()), loader[1:]: base, **more}

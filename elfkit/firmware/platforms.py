"""What runs together in a tree.

A platform is a loader that is there, with the ABI that its own bytes show. The primary one is that of PID 1; others
of the same CPU family and byte order may live beside it (Entware in /opt, multilib). There is no majority vote while
PID 1 tells: build leftovers would win it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from elfkit.abi.interpreters import libc_of
from elfkit.abi.libc import BIONIC
from elfkit.abi.machines import machine
from elfkit.evidence import Evidence
from elfkit.facts.facts import Facts
from elfkit.facts.kind import DYNAMIC_PROGRAMS, PROGRAMS
from elfkit.firmware.paths import Ending
from elfkit.firmware.tree import Member, Tree
from elfkit.limits import DEFAULT_LIMITS, Limits

FIRST_PROGRAMS = (
    "sbin/init",
    "init",
    "etc/init",
    "etc/preinit",
    "usr/sbin/init",
    "usr/lib/systemd/systemd",
    "lib/systemd/systemd",
    "system/bin/init",
    "bin/busybox",
    "usr/bin/busybox",
    "bin/sh",
)
SCRIPT_HOPS = 4  # interpreters of interpreters, as the Linux kernel follows them


@dataclass(frozen=True, slots=True)
class Platform:
    """One ABI that a tree can run: ``interpreter`` as programs ask for it, ``loader`` where that leads in the root.

    Both are "" for a tree whose first program is static. ``why`` says what showed the platform.
    """

    machine: str
    e_machine: int
    elf_class: int
    data: str
    variant: str
    float_abi: str
    libc: str
    interpreter: str
    loader: str
    why: str
    primary: bool = False
    float_evidence: tuple[Evidence, ...] = ()  # each source named with the file it is in
    shown_by: str = ""  # the program that showed it
    flags: int = 0  # e_flags of its loader, or of that program where there is none
    declared: bool = False  # a target that was named: what the device is, whatever the tree shows

    def __hash__(self) -> int:
        return hash((self.loader, self.interpreter, self.variant))  # asked for each image: no need for all fields

    @property
    def whose(self) -> str:
        """What is of this platform, in a sentence: a target is the device's, and the tree may be another's."""
        return "the device" if self.declared else "this tree"

    def describe(self) -> str:
        """Return one phrase for people: "mips 32-bit big-endian o32 soft-float musl"."""
        row = machine(self.e_machine)
        name = row.title if row else self.machine
        words = [name, f"{self.elf_class}-bit", f"{self.data}-endian", self.variant]
        if self.float_abi in ("soft", "hard", "single", "quad"):
            words.append(f"{self.float_abi}-float")
        if self.libc not in ("none", "unknown"):
            words.append(self.libc)
        return " ".join(word for word in words if word)

    def to_dict(self) -> dict[str, Any]:
        """The published JSON shape."""
        return {
            "machine": self.machine,
            "class": self.elf_class,
            "data": self.data,
            "abi_variant": self.variant,
            "float_abi": self.float_abi,
            "libc": self.libc,
            "interpreter": self.interpreter or None,
            "loader": self.loader or None,
            "primary": self.primary,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Platforms:
    """The platforms of a tree, the primary one first; empty where nothing shows one.

    ``rivals`` could as well be the primary one: no PID 1 tells, and they have at least half as many programs.
    ``left_out`` are loaders beyond the limit: what asks for them counts to a platform of the same machine. ``shown``
    is what the tree itself shows as its primary platform, where another target was named.
    """

    rows: tuple[Platform, ...]
    rivals: tuple[Platform, ...] = ()
    left_out: tuple[str, ...] = ()
    shown: Platform | None = None

    @property
    def primary(self) -> Platform | None:
        """The platform of PID 1, or the likeliest where PID 1 does not tell; None if there is no platform."""
        return self.rows[0] if self.rows else None

    def __iter__(self) -> Iterator[Platform]:
        return iter(self.rows)

    def of(self, facts: Facts, loader: str | None = None) -> Platform | None:
        """Return the platform an image belongs to: by the loader it gets, else by machine, class and byte order.

        Of several that fit, one with the image's own ABI variant, C library and float ABI goes first.
        """
        fitting = [row for row in self.rows if same_machine(row, facts)]
        if len(fitting) < 2:
            return fitting[0] if fitting else None
        if loader:
            asked = [row for row in fitting if row.loader == loader]
            if asked:
                return asked[0]
        if facts.needed.value:  # no static program's platform, which has no loader
            fitting = [row for row in fitting if row.interpreter] or fitting
        fitting = [row for row in fitting if row.variant == facts.abi_variant.value] or fitting
        kin = [row for row in fitting if row.libc == facts.libc.value] or fitting
        alike = [row for row in kin if row.float_abi == facts.float_abi.value] or kin
        return alike[0]


def same_machine(platform: Platform, facts: Facts) -> bool:
    """Return whether an image has the platform's machine, class and byte order."""
    own = platform.e_machine == facts.e_machine and platform.elf_class == facts.elf_class.value
    return own and platform.data == facts.data.value


def family(e_machine: int) -> str:
    """Return the CPU family of a machine; one of its own for a number nobody registered."""
    row = machine(e_machine)
    return row.family if row else f"em-{e_machine}"


def find_platforms(tree: Tree, *, limits: Limits = DEFAULT_LIMITS) -> Platforms:
    """Return the platforms of ``tree``: PID 1's first, then every other whose loader is there and that its CPU runs."""
    counted = _with_loader(tree)
    first = _first_program(tree)
    if first is not None:
        name, member = first
        primary = _platform_of(tree, member, f"PID 1, {name}")
    elif counted:
        primary, (programs, _) = max(counted.items(), key=_weight)
        primary = replace(
            primary,
            why=f"no PID 1; the loader of {programs} program{'s' * (programs > 1)}" if programs else primary.why,
        )
    else:
        return Platforms(())
    kin = family(primary.e_machine), primary.data
    rest = [
        row
        for row in sorted(counted, key=lambda row: row.loader)
        if row.loader != primary.loader and (family(row.e_machine), row.data) == kin
    ]
    rivals = [row for row in counted if first is None and (family(row.e_machine), row.data) != kin]
    most = max([programs for programs, _ in counted.values()], default=0)
    close = [row for row in sorted(rivals, key=lambda row: row.loader) if counted[row][0] * 2 >= most]
    kept = limits.platforms - 1
    left_out = tuple([row.loader for row in rest[kept:]])
    return Platforms((replace(primary, primary=True), *rest[:kept]), tuple(close[:kept]), left_out)


def _weight(item: tuple[Platform, tuple[int, int]]) -> tuple[int, int, str]:
    platform, (programs, images) = item
    return programs, images, platform.loader


def _with_loader(tree: Tree) -> dict[Platform, tuple[int, int]]:
    """Return each platform whose loader is in the tree: how many programs and how many images ask for it."""
    found: dict[str, Platform] = {}
    counts: dict[str, tuple[int, int]] = {}
    for member in tree.members:
        interpreter = member.facts.interpreter.value
        place = _loader_of(tree, member, interpreter) if interpreter else ""
        if not place:
            continue
        if place not in found:
            found[place] = _platform_of(tree, member, f"the loader that {member.path} asks for")
        programs, images = counts.get(place, (0, 0))
        counts[place] = (programs + (member.facts.kind.value in DYNAMIC_PROGRAMS), images + 1)
    return {found[path]: counts[path] for path in found}


def _loader_of(tree: Tree, member: Member, interpreter: str) -> str:
    """Return where a program's loader of the same ABI lies, or is assumed to; "" where there is none."""
    loader = tree.member(interpreter)
    if loader is not None:
        return loader.path if _same_abi(member.facts, loader.facts) else ""
    found, ending, _ = tree.paths.follow(interpreter)
    return found or "" if ending is Ending.ASSUMED and libc_of(interpreter) == BIONIC else ""


def _same_abi(one: Facts, other: Facts) -> bool:
    keys = [(f.e_machine, f.elf_class.value, f.data.value) for f in (one, other)]
    return keys[0] == keys[1]


def _platform_of(tree: Tree, member: Member, why: str) -> Platform:
    """Return the platform that a program shows: its loader's ABI where the loader is there, else its own."""
    facts = member.facts
    interpreter = facts.interpreter.value or ""
    loader = tree.member(interpreter) if interpreter else None
    if loader is not None and not _same_abi(facts, loader.facts):
        loader = None
    proofs = (loader, member) if loader else (member,)
    shown = proofs[0].facts
    return Platform(
        machine=facts.machine.value,
        e_machine=facts.e_machine,
        elf_class=facts.elf_class.value,
        data=facts.data.value,
        variant=shown.abi_variant.value,
        float_abi=_first_known((shown.float_abi.value, facts.float_abi.value)),
        libc=facts.libc.value,
        interpreter=interpreter,
        loader=_loader_of(tree, member, interpreter) if interpreter else "",
        why=why,
        float_evidence=_named_evidence(proofs),
        shown_by=member.path,
        flags=shown.flags.value,
    )


def _named_evidence(members: Iterable[Member]) -> tuple[Evidence, ...]:
    """Return what shows the float ABI in the first of ``members`` that has one, each source named with its file."""
    for member in members:
        fact = member.facts.float_abi
        if fact.value != "unknown":
            return tuple([proof.of(member.path) for proof in fact.evidence])
    return ()


def _first_known(values: Iterable[str]) -> str:
    return next((value for value in values if value != "unknown"), "unknown")


def _first_program(tree: Tree) -> tuple[str, Member] | None:
    """Return PID 1's name and the ELF file that runs as it: through links, and through a script's interpreter."""
    for name in FIRST_PROGRAMS:
        place: str | None = tree.paths.follow(name).path
        for _ in range(SCRIPT_HOPS):
            member = tree.by_path.get(place) if place is not None else None
            if member is not None:
                if member.facts.kind.value in PROGRAMS:
                    return name, member
                break
            if place is None or place not in tree.scripts:
                break
            place = tree.paths.follow(tree.scripts[place]).path
    return None

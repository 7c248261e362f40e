"""RISC-V arch strings: "rv64i2p1_m2p0_a2p1" (riscv-elf.adoc, Tag_RISCV_arch; the ISA manual, "ISA Extension Naming").

What every compiler writes is the base, then each extension with its version, parted by underscores; older ones run the
letters together ("rv64imafdc"), and "g" stands for "imafd" with zicsr and zifencei.
"""

from __future__ import annotations

import re

from elfkit.abi.isa import UNKNOWN_ISA, Isa

MOST_TEXT = 4096
MULTI = "sxzh"  # an extension that begins so has a name of several letters
GENERAL = ("m", "a", "f", "d", "zicsr", "zifencei")
_BASE = re.compile(r"(rv(?:32|64|128))([ieg])((?:\d+(?:p\d+)?)?)")
_LETTER = re.compile(r"([a-z])((?:\d+(?:p\d+)?)?)")
_NAME = re.compile(r"([a-z][a-z0-9]*?)((?:\d+p\d+)?)$")


def riscv_isa(arch: str) -> Isa:
    """Return base and extensions with their versions, in the string's order; the base's version goes first.

    >>> riscv_isa("rv64i2p1_m2p0_c2p0_zicsr2p0")
    Isa(base='rv64i', extensions=('i2p1', 'm2p0', 'c2p0', 'zicsr2p0'))
    >>> riscv_isa("rv32gc"), riscv_isa("x86")
    (Isa(base='rv32i', extensions=('m', 'a', 'f', 'd', 'zicsr', 'zifencei', 'c')), Isa(base='', extensions=()))
    """
    text = arch[:MOST_TEXT].lower()
    base = _BASE.match(text)
    if base is None:
        return UNKNOWN_ISA
    width, letter, version = base.groups()
    found: list[str] = list(GENERAL) if letter == "g" else [letter + version] if version else []
    for part in text[base.end() :].split("_"):
        found += _extensions(part)
    return Isa(width + letter.replace("g", "i"), tuple(dict.fromkeys(found)))


def _extensions(part: str) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(part):
        pattern = _NAME if part[place] in MULTI else _LETTER
        match = pattern.match(part, place)
        if match is None:
            break
        found.append(match[0])
        place = match.end()
    return found


def extension_name(extension: str) -> str:
    """Return an extension without its version: "zicsr2p0" is "zicsr".

    >>> extension_name("m2p0"), extension_name("zvl128b1p0"), extension_name("dsp")
    ('m', 'zvl128b', 'dsp')
    """
    return re.sub(r"\d+p\d+$", "", extension)

"""Every library of Debian's cross packages: what elfkit concludes is what the package's triplet implies.

The truth is what Debian configures gcc with for each architecture (its gcc package, debian/rules2) and what gcc's
manual says of the triplet and the multilib folder; nothing here comes from the files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import elfkit
from elfkit.facts.facts import Facts
from tests.real import fetch
from tests.real.comparison import cut
from tests.real.readelf import BATCH, readelf, split

LIBRARIES = next(row for row in fetch.LIBRARIES if row.name == "cross-all")


class Verdict(NamedTuple):
    """`float_abi`, `fp_mode` and `isa` list all that a file may state; "unknown" is allowed where a file is silent."""

    machine: str
    bits: int
    data: str
    variant: str = ""
    float_abi: str = "none"
    isa: str = ""
    fp_mode: str = "unknown"
    nan2008: bool | None = None


def mips(data: str, variant: str, release: str = "r2") -> Verdict:
    bits = 64 if variant == "n64" else 32
    wide = "32" if variant == "o32" else "64"
    modern = release == "r6"
    # Debian: o32 is -mfpxx, release 6 -mfp64; n32 and n64 have one way
    mode = "double" if variant != "o32" else "64" if modern else "xx"
    return Verdict("mips", bits, data, variant, "hard", f"mips{wide}{release}", mode, modern)


X86_64, X32 = Verdict("x86_64", 64, "little", isa="x86-64"), Verdict("x86_64", 32, "little", "x32", isa="x86-64")
I386 = Verdict("i386", 32, "little", isa="i386 x86-baseline")
PPC, PPC64 = (
    Verdict("powerpc", 32, "big", float_abi="hard unknown"),
    Verdict("powerpc64", 64, "big", "elfv1", "hard unknown", "powerpc64"),
)
SPARC64 = Verdict("sparc64", 64, "big", "", "hard unknown", "v9")
# gcc for sh4 makes hard float; binutils marks each file with the least CPU that its instructions need
SH4 = "sh2 sh4 sh2a-or-sh3e sh2a-or-sh4 sh2a-nofpu-or-sh3-nommu"
RV64GC = "rv64i"

EXPECTED: dict[str, Verdict] = {
    "aarch64-linux-gnu/lib": Verdict("aarch64", 64, "little", isa="armv8-a"),
    "alpha-linux-gnu/lib": Verdict("alpha", 64, "little", isa="ev4"),
    "arc-linux-gnu/lib": Verdict("arc", 32, "little", "osabi-v4", "unknown", "archs"),
    "arm-linux-gnueabi/lib": Verdict("arm", 32, "little", "eabi5", "soft", "armv5te"),
    "arm-linux-gnueabihf/lib": Verdict("arm", 32, "little", "eabi5", "hard", "armv7-a"),
    "hppa-linux-gnu/lib": Verdict("hppa", 32, "big", "", "hard unknown", "pa1.1"),
    "i686-linux-gnu/lib": I386,
    "i686-linux-gnu/lib64": X86_64,
    "i686-linux-gnu/libx32": X32,
    "m68k-linux-gnu/lib": Verdict("m68k", 32, "big", "", "unknown", "unknown"),
    "powerpc-linux-gnu/lib": PPC,
    "powerpc-linux-gnu/lib64": PPC64,
    "powerpc64-linux-gnu/lib": PPC64,
    "powerpc64-linux-gnu/lib32": PPC,
    "powerpc64le-linux-gnu/lib": Verdict("powerpc64", 64, "little", "elfv2", "hard unknown", "power8"),
    "riscv64-linux-gnu/lib": Verdict("riscv", 64, "little", "", "hard", RV64GC),
    "s390x-linux-gnu/lib": Verdict("s390", 64, "big", isa="z900"),
    "s390x-linux-gnu/lib32": Verdict("s390", 32, "big", isa="g5"),
    "sh4-linux-gnu/lib": Verdict("sh", 32, "little", "", "hard unknown", SH4),
    "sparc64-linux-gnu/lib": SPARC64,
    "sparc64-linux-gnu/lib64": SPARC64,
    "sparc64-linux-gnu/lib32": Verdict("sparc32plus", 32, "big", "v8plus", "hard unknown", "v9"),
    "x86_64-linux-gnu/lib": X86_64,
    "x86_64-linux-gnu/lib32": I386,
    "x86_64-linux-gnu/libx32": X32,
    "x86_64-linux-gnux32/lib": X32,
    "x86_64-linux-gnux32/lib32": I386,
    "x86_64-linux-gnux32/lib64": X86_64,
}
for _cpu, _data in (("mips", "big"), ("mipsel", "little")):
    _wide = _cpu.replace("mips", "mips64")
    EXPECTED |= {
        f"{_cpu}-linux-gnu/lib": mips(_data, "o32"),
        f"{_cpu}-linux-gnu/lib32": mips(_data, "n32"),
        f"{_cpu}-linux-gnu/lib64": mips(_data, "n64"),
        f"{_wide}-linux-gnuabi64/lib": mips(_data, "n64"),
        f"{_wide}-linux-gnuabin32/lib": mips(_data, "n32"),
    }
    for _triplet in (f"{_wide}-linux-gnuabi64", f"{_wide}-linux-gnuabin32"):
        EXPECTED |= {f"{_triplet}/{folder}": mips(_data, abi) for folder, abi in (("libo32", "o32"),)}
        EXPECTED |= {f"{_triplet}/{folder}": mips(_data, abi) for folder, abi in (("lib32", "n32"), ("lib64", "n64"))}
    _six = _cpu.replace("mips", "mipsisa32r6")
    EXPECTED |= {
        f"{_six}-linux-gnu/{folder}": mips(_data, abi, "r6")
        for folder, abi in (("lib", "o32"), ("lib32", "n32"), ("lib64", "n64"))
    }
    for _abi, _own in (("gnuabi64", "n64"), ("gnuabin32", "n32")):
        _triplet = f"{_cpu.replace('mips', 'mipsisa64r6')}-linux-{_abi}"
        EXPECTED |= {
            f"{_triplet}/{folder}": mips(_data, abi, "r6")
            for folder, abi in (("lib", _own), ("libo32", "o32"), ("lib32", "n32"), ("lib64", "n64"))
        }

LOST = {"arm": ("isa",), "powerpc": ("float_abi",)}
"""What goes with the section headers: abi.md, "Left without section headers"."""


def said(facts: Facts) -> dict[str, object]:
    assert facts.isa is not None
    return {
        "machine": facts.machine.value,
        "bits": facts.elf_class.value,
        "data": facts.data.value,
        "variant": facts.abi_variant.value,
        "float_abi": facts.float_abi.value,
        "isa": facts.isa.value.base or "unknown",
        "fp_mode": facts.fp_mode.value,
        "nan2008": facts.nan2008.value,
    }


def differences(facts: Facts, expected: Verdict, *, whole: bool) -> list[str]:
    """One line for each fact that is not as the triplet implies."""
    lost = () if whole else LOST.get(expected.machine, ())
    wrong = []
    for name, value in said(facts).items():
        wanted = getattr(expected, name)
        allowed = wanted.split() if isinstance(wanted, str) and wanted else [wanted]
        if name == "isa" and not wanted:
            allowed = ["unknown"]
        if value not in (*allowed, *(["unknown"] if name in lost else [])):
            wrong.append(f"{name} is {value}, not {wanted}")
    return wrong


def test_isa_and_attributes_are_those_that_readelf_prints() -> None:
    """`readelf -A`: its words for levels, extensions and arch strings."""
    try:
        root = fetch.obtain(LIBRARIES).path / "usr"
    except fetch.UnavailableError as reason:
        pytest.skip(f"{LIBRARIES.name}: {reason}")
    paths = list(fetch.elf_files(root))
    compared = 0
    for start in range(0, len(paths), BATCH):
        batch = paths[start : start + BATCH]
        blocks = split(readelf(batch, ("-AW",)), [str(path) for path in batch])
        for path, block in zip(batch, blocks, strict=True):
            with elfkit.load(path) as image:
                isa = elfkit.inspect(image).isa
            assert isa is not None
            for word, name in words_of_readelf(block):
                compared += 1
                known = (isa.value.base, "_".join([isa.value.base[:4], *isa.value.extensions]), *isa.value.extensions)
                assert word in known, f"{path.relative_to(root)}: {name}: {isa.value}"
    assert compared > 700


def words_of_readelf(block: str) -> list[tuple[str, str]]:
    """What `readelf -A` says of the ISA, in elfkit's words, with its own."""
    found: list[tuple[str, str]] = []
    for pattern, spelled in (
        (r"^ISA: (\w+)$", str.lower),
        (r'Tag_RISCV_arch: "(\w+)"$', lambda word: word.replace("i2p1", "_i2p1", 1)),
        (r"Tag_FP_arch: (VFPv[0-9](?:-D16)?)$", str.lower),
        (r"Tag_CPU_arch: (v5TE)$", lambda word: "arm" + word.lower()),
        (r"Tag_CPU_arch: (v7)$", lambda word: f"arm{word}-a"),
    ):
        found += [(spelled(match[1]), match[0]) for match in re.finditer(pattern, block, re.MULTILINE)]
    return found


def place_of(path: Path, root: Path) -> str:
    """The triplet and its library folder: below it gconv and audit modules have folders of their own."""
    return "/".join(path.relative_to(root).parts[:2])


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "cut"])
def test_every_library_of_the_cross_packages_is_what_its_triplet_says(
    report: Callable[[str], None],
    whole: bool,  # noqa: FBT001  # a parameter of the run
) -> None:
    try:
        root = fetch.obtain(LIBRARIES).path / "usr"
    except fetch.UnavailableError as reason:
        pytest.skip(f"{LIBRARIES.name}: {reason}")
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    for path in fetch.elf_files(root):
        place = place_of(path, root)
        raw = path.read_bytes()
        with elfkit.load(raw if whole else cut(raw)) as image:
            facts = elfkit.inspect(image)
        if facts.type.value == "ET_REL":
            continue  # crt files: parts of programs
        seen[place] += 1
        wrong += [f"{path.relative_to(root)}: {line}" for line in differences(facts, EXPECTED[place], whole=whole)]
    for place, count in sorted(seen.items()):
        report(f"{place}: {count} files, {' '.join(str(value) for value in EXPECTED[place] if value is not None)}")
    assert sum(seen.values()) > 1000
    assert not wrong, "\n".join([*wrong[:20], f"... {len(wrong)} in all"])

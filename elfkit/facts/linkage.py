"""What the file asks of the loader: interpreter, libraries, search paths, C library (gABI, "Dynamic Linking")."""

from __future__ import annotations

from collections import Counter

from elfkit.abi.dynamic import DF_1_NODEFLIB, DT_FLAGS_1, DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME
from elfkit.abi.interpreters import libc_of
from elfkit.abi.libc import libc_of_name, libc_of_needed
from elfkit.abi.segments import PT_INTERP
from elfkit.evidence import Anomaly, Certainty, Damage, Evidence, Fact
from elfkit.facts.kind import Kind
from elfkit.image.image import Image

PATH_MAX = 4096  # of Linux, its NUL included
UNKNOWN_NAME: Fact[str | None] = Fact(None, Certainty.UNKNOWN)
ABSENT_NAME: Fact[str | None] = Fact(None, Certainty.DERIVED)
NO_NODEFLIB: Fact[bool] = Fact(False, Certainty.DERIVED)
UNKNOWN_LIBC: Fact[str] = Fact("unknown", Certainty.UNKNOWN)
WITHOUT_LIBC: Fact[str] = Fact("none", Certainty.DERIVED)
NO_LIBC = frozenset({Kind.STATIC, Kind.STATIC_PIE, Kind.MODULE, Kind.RELOCATABLE, Kind.CORE})


def interpreter_fact(image: Image) -> tuple[Fact[str | None], tuple[Anomaly, ...]]:
    """The path of the first PT_INTERP, as the kernel takes it; None without one.

    The second value tells of a path that the kernel refuses: empty, longer than PATH_MAX, or where the segment's
    last byte is not NUL (linux load_elf_binary).
    """
    segments = image.of_type(PT_INTERP)
    if not segments or not segments[0].filesz:
        return ABSENT_NAME, ()
    segment = segments[0]
    raw = image.source.view(segment.offset, min(segment.filesz, PATH_MAX))
    end = raw.find(b"\0")
    wrong = _refused(raw, end, segment.filesz)
    if end <= 0:
        proof = Evidence("PT_INTERP", segment.offset, raw[:64], None)
        return UNKNOWN_NAME, (Anomaly(Damage.INTERPRETER, proof, wrong, "the interpreter is unknown"),)
    path = raw[:end].decode("utf-8", "surrogateescape")
    proof = Evidence("PT_INTERP", segment.offset, raw[:end][:64], path)
    odd = (Anomaly(Damage.INTERPRETER, proof, wrong, f"the path ends at its first NUL: {path}"),) if wrong else ()
    return Fact(path, Certainty.STATED, (proof,)), odd


def _refused(raw: bytes, end: int, size: int) -> str:
    """Return why the kernel refuses a PT_INTERP of ``size`` bytes whose first NUL is at ``end``; "" if it does not."""
    if size > PATH_MAX:
        return f"the interpreter's path takes {size} bytes, more than PATH_MAX ({PATH_MAX})"
    if end == 0:
        return "the interpreter's path is empty"
    whole = len(raw) == size
    return "the interpreter's path is not ended by NUL" if end < 0 or (whole and raw[-1]) else ""


def needed_fact(image: Image) -> Fact[tuple[str, ...]]:
    """The names of DT_NEEDED in file order, those that can be read; evidence is the bytes of each name.

    Of entries that name the same place of the string table the first two: they show that it is there again, and
    60,000 of them cost no more.
    """
    offsets = image.dynamic.all(DT_NEEDED) if image.dynamic else []
    if len(set(offsets)) < len(offsets):
        offsets = _at_most_twice(offsets)
    proofs = [image.string_evidence("DT_NEEDED", offset) for offset in offsets]
    readable = tuple([proof for proof in proofs if proof.value is not None])
    certainty = Certainty.STATED if readable else Certainty.DERIVED
    return Fact(tuple([str(proof.value) for proof in readable]), certainty, readable)


def _at_most_twice(offsets: list[int]) -> list[int]:
    """Return the numbers in order, the first two of those that are there more often."""
    seen: Counter[int] = Counter()
    kept = []
    for offset in offsets:
        seen[offset] += 1
        if seen[offset] <= 2:
            kept.append(offset)
    return kept


def soname_fact(image: Image) -> Fact[str | None]:
    """DT_SONAME; None without one."""
    return _named(image, DT_SONAME, "DT_SONAME")


def rpath_fact(image: Image) -> Fact[str | None]:
    """DT_RPATH as it stands in the file; None without one."""
    return _named(image, DT_RPATH, "DT_RPATH")


def runpath_fact(image: Image) -> Fact[str | None]:
    """DT_RUNPATH as it stands in the file; None without one."""
    return _named(image, DT_RUNPATH, "DT_RUNPATH")


def nodeflib_fact(image: Image) -> Fact[bool]:
    """Whether DF_1_NODEFLIB keeps the loader from its default directories when it searches for what the file needs."""
    if image.dynamic is None or not image.dynamic.values.get(DT_FLAGS_1, 0) & DF_1_NODEFLIB:
        return NO_NODEFLIB
    return Fact(value=True, certainty=Certainty.STATED, evidence=image.dynamic_evidence(DT_FLAGS_1))


def _named(image: Image, tag: int, name: str) -> Fact[str | None]:
    if image.dynamic is None or tag not in image.dynamic.values:
        return ABSENT_NAME
    proof = image.string_evidence(name, image.dynamic.values[tag])
    if proof.value is None:
        return UNKNOWN_NAME
    return Fact(str(proof.value), Certainty.STATED, (proof,))


def libc_fact(
    kind: Kind, interpreter: Fact[str | None], needed: Fact[tuple[str, ...]], soname: Fact[str | None]
) -> Fact[str]:
    """The C library that the file is linked for, by its interpreter, its own DT_SONAME or its DT_NEEDED names.

    "none" for what runs without one, "unknown" where nothing tells.
    """
    if kind in NO_LIBC:
        return WITHOUT_LIBC
    if interpreter.value is not None:
        libc = libc_of(interpreter.value)
        if libc != "unknown":
            return Fact(libc, Certainty.DERIVED, interpreter.evidence)
    own = libc_of_name(soname.value) if soname.value else None
    if own:
        return Fact(own, Certainty.DERIVED, soname.evidence)
    shown = libc_of_needed(needed.value)
    if shown:
        libc, name = shown
        return Fact(libc, Certainty.DERIVED, (needed.evidence[needed.value.index(name)],))
    return UNKNOWN_LIBC

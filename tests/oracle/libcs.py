"""The loaders and C libraries under test: Debian's glibc as its packages bring it, musl built from its source."""

import fcntl
import hashlib
import shutil
from pathlib import Path
from typing import Final

from tests.oracle.building import store
from tests.oracle.targets import ZIG, Target

ARM_RUNTIME: Final = ("arm",)  # the names of ARM's own ABI for arithmetic: __aeabi_*


def libc_files(target: Target) -> dict[str, Path]:
    """The loader and the C library by their paths in a root."""
    if target.libc == "musl":
        return {target.loader: target.musl or _musl(target)}
    folder = Path(target.libc_from)
    loader = folder / target.loader.rpartition("/")[2]
    return {target.loader: loader, "lib/libc.so.6": folder / "libc.so.6"}


def prepare(target: Target) -> None:
    """Build what `libc_files` will ask for."""
    libc_files(target)


def _musl(target: Target) -> Path:
    from recipes import musl

    final = store() / "musl" / f"{_key(target, musl.SHA256)}.so"
    final.parent.mkdir(parents=True, exist_ok=True)
    with (final.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not final.is_file():
            part = final.with_suffix(".part")
            part.write_bytes(_built(target, _source()))
            part.chmod(0o755)
            part.rename(final)
    return final


def _key(target: Target, source: str) -> str:
    return hashlib.sha256(f"{source} {target}".encode()).hexdigest()[:20]


def _source() -> Path:
    from recipes import musl

    kept = store() / "musl" / musl.TARBALL
    if not kept.is_file():
        folder = store() / "musl/source"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(musl.fetch(folder), kept)
    return kept


def _built(target: Target, source: Path) -> bytes:
    """libc.so: by zig, or by a compiler of Debian's where that makes what the target is."""
    from recipes import musl
    from recipes.zig import Zig

    folder = store() / "musl" / target.arch
    triple = target.compiler[-1]
    if target.libc_from == ZIG:
        extra = ARM_RUNTIME if triple.startswith("arm") else ()
        zig = Zig(store(), store() / "zig")
        return musl.build(zig, triple, folder, source, (*musl.RUNTIME, *extra))[0]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tree = musl.unpack(source, folder)
    environment = {**Zig(store(), store()).environment(), "CC": target.libc_from, "CFLAGS": "-Os -g0", "LDFLAGS": "-s"}
    musl.make(tree, triple, environment)
    return (tree / "lib/libc.so").read_bytes()

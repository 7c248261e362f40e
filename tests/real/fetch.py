"""Bring in the files nobody here made: Debian's cross libraries and whole foreign roots.

``python -m tests.real.fetch [NAME...]`` puts each row of `ROWS` under the cache folder (`.cache/real` in the
repository, or what ELFKIT_REAL names). A row that is there already is left alone; one that was broken off starts
again; one that cannot be had is skipped with its reason, and the exit code is then 1. Nothing that was fetched is
ever run. The addresses come from the machine's own apt configuration.
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.real import apt

SUITE = "bookworm"
"""mipsel was dropped after this release: no later suite has the root that the figures are about."""

FIRMWARE = ("busybox", "nginx", "python3", "samba", "systemd-sysv", "udev", "iproute2", "openssh-server")
"""What a root holds beside Debian's essential packages: a router's and a file server's programs, and a PID 1."""

TOOLS = {
    "apt-config": "apt",
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
    "mmdebstrap": "mmdebstrap",
    "readelf": "binutils",
    "xz": "xz-utils",
}
"""Command -> the package that has it."""

APT_ACQUIRE = re.compile(r"^Acquire::(http|https|Check-|Retries|ForceIPv)")
"""Settings of the machine's apt without which its mirror may not answer; mmdebstrap reads none of them by itself."""


class Row(NamedTuple):
    """One thing to fetch. `name` is its folder under the cache; `tree` the root to check inside that folder."""

    name: str
    kind: str
    what: str
    tree: str


class Root(NamedTuple):
    """A row that is on this disk."""

    name: str
    kind: str
    path: Path


class UnavailableError(Exception):
    """This row cannot be had here, and why."""


def _cross(arch: str, triplet: str, libc: str = "libc6") -> Row:
    return Row(f"cross-{arch}", "cross", f"{libc}-{arch}-cross", f"usr/{triplet}")


ROWS = (
    _cross("mips", "mips-linux-gnu"),
    _cross("mipsel", "mipsel-linux-gnu"),
    _cross("armel", "arm-linux-gnueabi"),
    _cross("armhf", "arm-linux-gnueabihf"),
    _cross("arm64", "aarch64-linux-gnu"),
    _cross("ppc64el", "powerpc64le-linux-gnu"),
    _cross("s390x", "s390x-linux-gnu"),
    _cross("riscv64", "riscv64-linux-gnu"),
    _cross("alpha", "alpha-linux-gnu", "libc6.1"),
    Row("root-mipsel", "root", "mipsel", "."),
    Row("root-armhf", "root", "armhf", "."),
    Row("root-s390x", "root", "s390x", "."),
)

LIBRARIES = (
    Row("cross-all", "cross", r"(libc6(\.1)?|libstdc\+\+6|libgcc-s\d)-(?!dev-).*-cross", "."),
    Row("large", "cross", r"libllvm14|libc6|libstdc\+\+6", "."),
)
"""Files that are no trees: of all machines with cross libraries, large ones. `what` is a pattern of package names."""


def cache() -> Path:
    """The folder that holds everything fetched; nothing in the repository depends on what it is called."""
    named = os.environ.get("ELFKIT_REAL")
    return Path(named) if named else Path(__file__).resolve().parents[2] / ".cache" / "real"


def obtain(row: Row) -> Root:
    """The row on this disk, fetched now if it is not there yet. Raises UnavailableError with the reason."""
    return Root(row.name, row.kind, once(row, _fetch) / row.tree)


def once(row: Row, make: Callable[[Row, Path], None]) -> Path:
    """The row's folder under the cache. Where it is not there or belongs to another recipe, `make` fills a new one."""
    cache().mkdir(parents=True, exist_ok=True)
    final, part = cache() / row.name, cache() / f"{row.name}.part"
    with _alone(row):
        if not _is_ready(row):
            for stale in (final, part):
                shutil.rmtree(stale, ignore_errors=True)
            make(row, part)
            part.rename(final)
            _mark(row).write_text(_recipe(row))
    return final


def fetched() -> tuple[Root, ...]:
    """The rows that are complete on this disk, in the order of `ROWS`."""
    return tuple(Root(row.name, row.kind, cache() / row.name / row.tree) for row in ROWS if _is_ready(row))


def elf_files(root: Path) -> Iterator[Path]:
    """Every regular file under `root` that begins with the ELF magic, each once, sorted; links are not followed."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_symlink() or not path.is_file():
                continue
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def _mark(row: Row) -> Path:
    return cache() / f"{row.name}.done"


def _recipe(row: Row) -> str:
    """What the mark of a finished row must say: a row that was changed is fetched again."""
    return f"{tuple(row)} {SUITE} {FIRMWARE if row.kind == 'root' else ()}\n"


def _is_ready(row: Row) -> bool:
    mark = _mark(row)
    return mark.is_file() and mark.read_text() == _recipe(row) and (cache() / row.name / row.tree).is_dir()


def run(row: Row, command: Sequence[str], cwd: Path) -> None:
    """Run a step, its output appended to the row's log (it names mirrors: not for the terminal)."""
    log = cache() / f"{row.name}.log"
    with log.open("ab") as out:
        env = os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
    if done.returncode != 0:
        raise UnavailableError(f"{command[0]} failed with {done.returncode}, see {log}")


def _fetch_cross(row: Row, part: Path) -> None:
    """`apt-get download` and unpack: no maintainer script runs, nothing is installed."""
    debs = cache() / "debs" / row.name
    debs.mkdir(parents=True, exist_ok=True)
    if not list(debs.glob("*.deb")):
        # apt otherwise drops to a user that may not write into this folder
        sandbox = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
        run(row, ["apt-get", *sandbox, "-q", "download", *_packages(row)], debs)
    for deb in sorted(debs.glob("*.deb")):
        run(row, ["dpkg-deb", "-x", str(deb), str(part)], debs)


def _packages(row: Row) -> list[str]:
    """The packages apt knows whose names the row's pattern fits."""
    known = subprocess.run(["apt-cache", "pkgnames"], capture_output=True, text=True, check=True).stdout.split()
    found = sorted(name for name in known if re.fullmatch(row.what, name))
    if not found:
        raise UnavailableError(f"apt knows no package {row.what}")
    return found


def _sources() -> list[str]:
    try:
        return [str(path) for path in apt.sources(cache(), SUITE)]
    except apt.NoSourceError as reason:
        raise UnavailableError(str(reason)) from reason


def _fetch_root(row: Row, part: Path) -> None:
    """`--variant=extract` unpacks and runs nothing, so neither qemu nor binfmt is needed for a foreign machine."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    options = cache() / "apt.conf"
    options.write_text("".join(f"{line}\n" for line in dump.splitlines() if APT_ACQUIRE.match(line)))
    command = ["mmdebstrap", "--variant=extract", f"--architectures={row.what}", f"--aptopt={options}"]
    includes = ["--include=?essential", f"--include={','.join(FIRMWARE)}"]
    run(row, [*command, *includes, SUITE, str(part), *_sources()], cache())


@contextmanager
def _alone(row: Row) -> Iterator[None]:
    """Two runs may want the same row at once: the second waits, and finds it there."""
    with (cache() / f"{row.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(row: Row, part: Path) -> None:
    _install_tools()
    for tool in ("apt-get", "dpkg-deb") if row.kind == "cross" else ("apt-config", "mmdebstrap"):
        if shutil.which(tool) is None:
            raise UnavailableError(f"please install {TOOLS[tool]}")
    if row.kind == "cross":
        _fetch_cross(row, part)
    else:
        _fetch_root(row, part)


def _census(root: Path) -> str:
    paths = [Path(folder, name) for folder, _, names in os.walk(root) for name in names]
    files = sum(1 for path in paths if path.is_file() and not path.is_symlink())
    return f"{files:,} files, {sum(1 for _ in elf_files(root)):,} of them ELF"


def _install_tools() -> None:
    """Install what is missing when root; else leave it: the rows that need it are skipped by name."""
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    if missing or not _knows_packages():
        _say("refreshing apt's package lists")
        subprocess.run(["apt-get", "-qq", "update"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if missing:
        _say(f"installing {' '.join(missing)}")
        command = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *missing]
        subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)


def _knows_packages() -> bool:
    """A new container's package lists are empty: then `download` finds nothing."""
    policy = subprocess.run(["apt-cache", "policy", ROWS[0].what], capture_output=True, text=True, check=False)
    return bool(policy.stdout.strip()) and "Candidate: (none)" not in policy.stdout


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch the named rows, or all. 0: all are there; 1: some were skipped; 2: no such row."""
    parser = argparse.ArgumentParser(description="Fetch third-party files for the tests on real firmware trees.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows to fetch (default: all)")
    names = parser.parse_args(arguments).names
    known = ROWS + LIBRARIES
    unknown = sorted(set(names) - {row.name for row in known})
    if unknown:
        parser.error(f"no such row: {' '.join(unknown)}; there are {' '.join(row.name for row in known)}")
    rows = [row for row in known if not names or row.name in names]
    skipped = 0
    for number, row in enumerate(rows, 1):
        _say(f"[{number:2}/{len(rows)}] {row.name}: {row.what} ... ", end="")
        try:
            _say(_census(obtain(row).path))
        except UnavailableError as reason:
            skipped += 1
            _say(f"skipped: {reason}")
    return 1 if skipped else 0


if __name__ == "__main__":
    sys.exit(main())

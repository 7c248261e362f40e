"""The scenes of the README's pictures: the fixtures' healthy router and what went wrong in it; a vendor's file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "fixtures"
HEALTHY, FAULTY = FIXTURES / "trees/router-clean", FIXTURES / "trees/router"
MACHINES, RULES = FIXTURES / "machines", FIXTURES / "rules"
TREE = "rootfs"
COPIES = 1200
LOADER, SDK_LOADER = b"/lib/ld-musl-mips.so.1", b"/opt/ld-musl-mips.so.1"  # of one length, as are the next two
ORIGIN, BUILD_PLACE = b"$ORIGIN/../lib/agent", b"/build/fw/agent/libs"


@dataclass(frozen=True, slots=True)
class Story:
    """One picture: the ``arguments`` of elfkit, and the function that makes in a folder what they name."""

    name: str
    arguments: tuple[str, ...]
    grow: Callable[[Path], None]


def check_of_router(name: str, options: tuple[str, ...], plant: Callable[[Path], None]) -> Story:
    """Return the story of a router in which ``plant`` planted faults."""

    def grow(folder: Path) -> None:
        plant(Path(shutil.copytree(HEALTHY, folder / TREE, symlinks=True)))

    return Story(name, ("check", f"{TREE}/", *options), grow)


def copy(source: Path, target: Path, *, mode: int = 0o755) -> None:
    """Copy one file to where folders may not be yet."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def not_found(tree: Path) -> None:
    """Loaders that are not there, by name and by float ABI, a loader's link that dangles, a script without Perl."""
    for name in ("clangtool", "speedtest"):
        copy(FAULTY / "usr/bin" / name, tree / "usr/bin" / name)
    asking = (FAULTY / "usr/bin/clangtool").read_bytes()
    tool = tree / "usr/bin/sdktool"
    tool.write_bytes(asking.replace(LOADER, SDK_LOADER))
    tool.chmod(0o755)
    (tree / SDK_LOADER.decode()[1:]).symlink_to("/mnt/sdk/libc.so")
    (tree / "usr/bin/report").write_text("#!/usr/bin/perl\nprint 1;\n")


def leaked(tree: Path) -> None:
    """Files of the build host: a program that a link and a script pull in, another with its library."""
    copy(FAULTY / "usr/bin/jq", tree / "opt/node/bin/node")
    (tree / "usr/bin/node").symlink_to("/opt/node/bin/node")
    (tree / "usr/bin/portal").write_text("#!/usr/bin/node\nrequire('http')\n")
    for name in ("hello", "libgreet.so"):
        copy(MACHINES / "x86_64" / name, tree / "opt/greeter" / name)
    (tree / "usr/bin/greeter").symlink_to("../../opt/greeter/hello")


def unprotected(tree: Path) -> None:
    """An executable stack, text relocations, a build directory in RUNPATH, set-uid with $ORIGIN, a dangling link."""
    copy(FAULTY / "usr/bin/scripthost", tree / "usr/bin/scripthost")
    copy(RULES / "EK504/bad/usr/lib/libplain.so", tree / "usr/lib/libplain.so")
    agent = (HEALTHY / "usr/libexec/agent").read_bytes()
    built = tree / "usr/sbin/agentd"
    built.write_bytes(agent.replace(ORIGIN, BUILD_PLACE))
    built.chmod(0o755)
    (tree / "usr/libexec/agent").chmod(0o4755)
    (tree / "usr/lib/libvendor.so.1").symlink_to("libvendor.so.1.0.4")


def many(tree: Path) -> None:
    """One library is missing, and 1,200 programs need it."""
    for number in range(COPIES):
        copy(FAULTY / "usr/sbin/vpnd", tree / f"opt/vpn/bin/vpn{number:04}")


def vendor_library(folder: Path) -> None:
    """A library as it comes out of a device: without section headers."""
    copy(MACHINES / "x86_64/libgreet.noshdr.so", folder / "libgreet.so")


STORIES = (
    check_of_router("not-found", ("--select", "EK106,EK2"), not_found),
    check_of_router("leak", ("--select", "EK1", "--ignore", "EK115"), leaked),
    check_of_router("protection", ("--select", "EK3,EK5", "--fail-on", "warning"), unprotected),
    check_of_router("one-cause", (), many),
    Story("dry-run", ("rebuild-sections", "--dry-run", "libgreet.so"), vendor_library),
)

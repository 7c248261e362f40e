"""Directories of the machines that build software: no device has them."""

from __future__ import annotations

import posixpath
import re

from elfkit.firmware.search_paths import PathElement
from elfkit.firmware.tree import Member

ROOTS = ("home", "root", "build", "builds", "tmp", "var/tmp", "workdir", "workspace", "Users", "dev/shm")
BUILD_ROOTS = tuple([f"/{name}/" for name in ROOTS])
STORES = ("/nix/store/", "/gnu/store/")  # present in trees of Nix and Guix, where each path is meant to be there
# Places of a device's tree that are mounted or filled at run time.
MOUNTED = ("proc", "sys", "dev", "run", "var", "tmp", "mnt", "media", "data", "overlay")
AT_RUN_TIME = tuple([f"/{name}/" for name in MOUNTED])
# Where everybody may create files on a running device (mode 1777), whatever an image holds there.
OPEN = ("tmp", "var/tmp", "dev/shm", "run/shm", "run/lock", "var/lock", "dev/mqueue")
OPEN_BY_CUSTOM = tuple([f"/{name}/" for name in OPEN])
# What build systems call their work directories: libtool, OpenWrt, Yocto, Buildroot, crosstool-NG, Jenkins.
WORK = re.compile(
    r"/(\.libs|staging_dir|build_dir|recipe-sysroot(-native)?|sysroots?|tmp-glibc|tmp/work|output/(host|build|staging|target)"
    r"|x-tools|toolchains?|\.build|jenkins|buildroot[^/]*)(/|$)"
)


def is_build_place(path: str) -> bool:
    """Return whether an absolute path looks like one of a build machine.

    >>> is_build_place("/build/rootfs/lib"), is_build_place("/opt/lib"), is_build_place("/opt/x-tools/mips/lib")
    (True, False, True)
    """
    return f"{path}/".startswith((*BUILD_ROOTS, *STORES)) or WORK.search(path) is not None


def is_open_by_custom(path: str) -> bool:
    """Return whether everybody may write to an absolute path on a running device, or to a directory above it."""
    return f"{path}/".startswith(OPEN_BY_CUSTOM)


def named_directories(element: PathElement) -> tuple[str, ...]:
    """Return the absolute directories that an element of a search path stands for, "." and ".." taken out.

    Where the loader's rules are not known, an element without tokens stands for itself.
    """
    places = element.directories or (() if "$" in element.text else (element.text,))
    return tuple([tidy(place) for place in places if place.startswith("/")])


def tidy(path: str) -> str:
    """Return an absolute path without ".", ".." and double slashes, also where it begins with two.

    >>> tidy("//build/./lib"), tidy("/usr/../home")
    ('/build/lib', '/home')
    """
    return posixpath.normpath(f"/{path.lstrip('/')}")


def build_directories(element: PathElement, member: Member) -> tuple[str, ...]:
    """Return those directories of an element that are a build machine's.

    What a file finds from its own place ($ORIGIN) in such a directory is its neighbour, wherever the two lie.
    """
    if "$" in element.text and is_build_place(posixpath.dirname(f"/{member.path}")):
        return ()
    return tuple([place for place in named_directories(element) if is_build_place(place)])


def is_filled_at_run_time(path: str) -> bool:
    """Return whether an absolute path lies where no image holds what a running device has."""
    return f"{path}/".startswith(AT_RUN_TIME)


def is_store(path: str) -> bool:
    """Return whether a path lies in the store of Nix or Guix."""
    return path.startswith(STORES)

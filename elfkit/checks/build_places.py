"""Directories of the machines that build software: no device has them."""

from __future__ import annotations

import re

ROOTS = ("home", "root", "build", "builds", "tmp", "var/tmp", "workdir", "workspace", "Users")
BUILD_ROOTS = tuple([f"/{name}/" for name in ROOTS])
STORES = ("/nix/store/", "/gnu/store/")  # present in trees of Nix and Guix, where each path is meant to be there
# Places of a device's tree that are mounted or filled at run time.
MOUNTED = ("proc", "sys", "dev", "run", "var", "tmp", "mnt", "media", "data", "overlay")
AT_RUN_TIME = tuple([f"/{name}/" for name in MOUNTED])
# What build systems call their work directories: OpenWrt, Yocto, Buildroot, crosstool-NG, Jenkins.
WORK = re.compile(
    r"/(staging_dir|build_dir|recipe-sysroot(-native)?|sysroots?|tmp-glibc|tmp/work|output/(host|build|staging|target)"
    r"|x-tools|toolchains?|\.build|jenkins|buildroot[^/]*)(/|$)"
)


def is_build_place(path: str) -> bool:
    """Return whether an absolute path looks like one of a build machine.

    >>> is_build_place("/build/rootfs/lib"), is_build_place("/opt/lib"), is_build_place("/opt/x-tools/mips/lib")
    (True, False, True)
    """
    return f"{path}/".startswith((*BUILD_ROOTS, *STORES)) or WORK.search(path) is not None


def is_filled_at_run_time(path: str) -> bool:
    """Return whether an absolute path lies where no image holds what a running device has."""
    return f"{path}/".startswith(AT_RUN_TIME)


def is_store(path: str) -> bool:
    """Return whether a path lies in the store of Nix or Guix."""
    return path.startswith(STORES)

"""The directories built into glibc's loader: what it prints itself, and what Debian's build is known to have."""

import re
import subprocess
from pathlib import Path

import pytest

from elfkit.firmware.loader_dirs import system_dirs
from tests.needs import needs

HOST = Path("/lib64/ld-linux-x86-64.so.2")
ASKED = re.compile(r'^path\.system_dirs\[0x\d+\]="(.*)/"$', re.MULTILINE)
CROSS = (
    ("arm-linux-gnueabihf", "ld-linux-armhf.so.3"),
    ("mipsel-linux-gnu", "ld.so.1"),
    ("mips-linux-gnu", "ld.so.1"),
    ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
    ("powerpc64le-linux-gnu", "ld64.so.2"),
    ("riscv64-linux-gnu", "ld-linux-riscv64-lp64d.so.1"),
    ("s390x-linux-gnu", "ld64.so.1"),
)


@needs("libc")
def test_the_host_s_loader_prints_the_same() -> None:
    command = [str(HOST), "--list-diagnostics"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30, errors="replace").stdout
    assert ASKED.findall(told)
    assert list(system_dirs(HOST.read_bytes())) == ASKED.findall(told)


@pytest.mark.parametrize(
    ("triplet", "name"),
    [pytest.param(*row, marks=needs(f"libc of {row[0]}"), id=row[0]) for row in CROSS],
)
def test_debian_s_loaders_have_their_triplet_and_no_lib64(triplet: str, name: str) -> None:
    found = system_dirs(Path("/usr", triplet, "lib", name).read_bytes())
    assert found == (f"/lib/{triplet}", f"/usr/lib/{triplet}", "/lib", "/usr/lib")


def test_another_build_s_directories_are_read() -> None:
    assert system_dirs(b"x\0/opt/lib/\0GLIBC_2.27") == ()  # one alone could be anything
    assert system_dirs(b"x\0/lib64/\0/usr/lib64/\0") == ("/lib64", "/usr/lib64")
    assert system_dirs(b"/etc/\0/var/\0/lib/\0/usr/lib/\0"[5:]) == ()
    assert system_dirs(b"") == ()

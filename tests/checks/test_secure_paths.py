"""EK511: programs with capabilities, and search paths that a set-uid program trusts."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.checks.check import check
from elfkit.evidence import Evidence
from tests.checks.judging import only, proved
from tests.checks.moded import GLIBC64, RWX, X86_64, host, judged, report

PIE = replace(X86_64, interpreter=GLIBC64.encode())
NET_RAW = bytes.fromhex("0100000200200000000000000000000000000000")  # VFS_CAP_REVISION_2, effective


def with_capabilities(monkeypatch: pytest.MonkeyPatch, raw: dict[str, bytes]) -> list[str]:
    """Files carry capabilities, whatever the file system stores; returned is which were asked."""
    asked: list[str] = []

    def getxattr(path: str, name: str, *, follow_symlinks: bool) -> bytes:
        assert (name, follow_symlinks) == ("security.capability", False)
        asked.append(os.path.basename(path))
        if asked[-1] not in raw:
            raise OSError(errno.ENODATA, "no data")
        return raw[asked[-1]]

    monkeypatch.setattr(os, "getxattr", getxattr, raising=False)
    return asked


def test_a_program_with_capabilities_runs_with_more_rights_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = with_capabilities(monkeypatch, {"ping": NET_RAW, "none": bytes(20), "cut": NET_RAW[:3]})
    weak = replace(PIE, stack=RWX)
    plan = host({"bin/ping": weak, "bin/none": weak, "bin/cut": weak, "bin/plain": weak, "lib/x.so": X86_64})
    finding = only(report(tmp_path, plan, "EK511", {"bin/plain": 0o644}), "EK511")
    assert finding.paths == ("bin/ping",)
    assert "capabilities of its file (mask 0x2000)" in finding.message
    assert finding.evidence[0] == Evidence("security.capability", None, b"", "0x2000")
    assert {*asked} == {"ping", "none", "cut", "init"}  # neither libraries nor what nobody may execute


def test_a_host_without_extended_attributes_shows_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "getxattr", raising=False)
    assert judged(tmp_path, host({"bin/x": replace(PIE, stack=RWX)}), "EK511") == {}


@pytest.mark.parametrize("runpath", [b"$ORIGIN", b"plugins"])
def test_a_library_s_own_path_weakens_the_set_uid_program_that_loads_it(tmp_path: Path, runpath: bytes) -> None:
    plan = host(
        {
            "bin/su": replace(PIE, needed=(b"liba.so",)),
            "lib/liba.so": replace(X86_64, soname=b"liba.so", needed=(b"libb.so",)),
            "lib/libb.so": replace(X86_64, soname=b"libb.so", runpath=runpath),
        }
    )
    finding = only(report(tmp_path, plan, "EK511", {"bin/su": 0o4755}), "EK511")
    assert finding.subject == f"the RUNPATH {runpath.decode()} of lib/libb.so"
    assert proved(tmp_path, "bin/su", finding.evidence)


OPEN = {"itself": ("opt/lib", 0o1777), "above it": ("opt", 0o777)}


@pytest.mark.parametrize(("place", "mode"), OPEN.values(), ids=OPEN)
def test_a_directory_that_everybody_may_change_weakens_it(tmp_path: Path, place: str, mode: int) -> None:
    plan = host({"bin/su": replace(PIE, runpath=b"/opt/lib"), "opt/lib/x.so": X86_64})
    assert judged(tmp_path, plan, "EK511", {"bin/su": 0o4755}) == {}
    (tmp_path / place).chmod(mode)
    finding = only(check(tmp_path, select=["EK511"]), "EK511")
    assert f"/{place}, which everybody may write to, on its search path" in finding.message


def test_the_sticky_bit_guards_what_is_in_a_directory(tmp_path: Path) -> None:
    judged(tmp_path, host({"bin/su": replace(PIE, runpath=b"/opt/lib"), "opt/lib/x.so": X86_64}), "EK511")
    (tmp_path / "bin/su").chmod(0o4755)
    (tmp_path / "opt").chmod(0o1777)
    assert check(tmp_path, select=["EK511"]).findings == ()

"""EK206: what symbol versions tell of the C library a file was linked with."""

from pathlib import Path

import pytest

from tests.checks.judging import proved
from tests.checks.linking import Plan, findings, glibc, told
from tests.facts.version_needs import needing_versions
from tests.firmware.plants import GLIBC, library, program, router


def test_versions_of_glibc_show_a_program_that_was_made_to_ask_for_musl(tmp_path: Path) -> None:
    patched = needing_versions(program("libc.so"), (b"libc.so", b"GLIBC_2.17")).data
    (finding,) = findings(tmp_path, router({"bin/x": patched, "bin/y": program("libc.so")}))
    assert (finding.rule, finding.paths, finding.subject) == ("EK206", ("bin/x",), "glibc")
    assert finding.severity.word == "warning"
    assert "needs GLIBC_2.17 of libc.so" in finding.message
    assert finding.evidence[0].raw == b"GLIBC_2.17"
    assert proved(tmp_path, "bin/x", finding.evidence)


def test_versions_stand_beside_a_name_that_tells_the_same(tmp_path: Path) -> None:
    patched = needing_versions(program("libc.so.6"), (b"libc.so.6", b"GLIBC_2.17")).data
    (finding,) = findings(tmp_path, router({"bin/x": patched}))
    assert (finding.rule, finding.subject) == ("EK206", "libc.so.6")
    assert [proof.raw for proof in finding.evidence] == [b"libc.so.6", b"GLIBC_2.17"]


def test_versions_of_bionic_are_refused_by_glibc(tmp_path: Path) -> None:
    patched = needing_versions(program("libc.so.6", interpreter=GLIBC), (b"libc.so.6", b"LIBC_1")).data
    android = needing_versions(program("libx.so", interpreter=GLIBC), (b"libc.so", b"LIBC_N")).data
    files: Plan = {"lib/libc.so.6": library(soname="libc.so.6"), "lib/libx.so": library(soname="libx.so")}
    (finding,) = findings(tmp_path, glibc({"bin/x": patched, "bin/y": android, **files}))
    assert (finding.rule, finding.paths, finding.severity.word) == ("EK206", ("bin/x", "bin/y"), "error")


@pytest.mark.parametrize("needed", [("libc.so.6",), ("libx.so",)])
def test_versions_of_the_platform_s_own_library_or_of_a_layer_s_are_in_order(
    tmp_path: Path, needed: tuple[str, ...]
) -> None:
    own = needing_versions(program(*needed, interpreter=GLIBC), (b"libc.so.6", b"GLIBC_2.17")).data
    files: Plan = {"lib/libc.so.6": library(soname="libc.so.6"), "lib/libx.so": library(soname="libx.so")}
    assert told(tmp_path / "own", glibc({"bin/x": own, **files})) == {}
    layered = needing_versions(program(*needed, "libgcompat.so.0"), (b"libc.so", b"GLIBC_2.17")).data
    layer: Plan = {"lib/libgcompat.so.0": library(soname="libgcompat.so.0"), "lib/libx.so": library(soname="libx.so")}
    assert told(tmp_path / "layer", router({"bin/x": layered, **layer})) == {}

"""--exclude: what is left out is neither read nor judged, and what asks for it finds it present."""

from pathlib import Path

import pytest

from elfkit.checks.check import check, survey
from tests.firmware.plants import grow, program, router

WANTED = ["EK101", "EK201", "EK203", "EK301", "EK302", "EK316"]


def device(place: Path) -> Path:
    return grow(
        place / "root",
        router(
            {
                "opt/sdk/bin/odd": program("libabsent.so"),
                "opt/sdk/lib/libsdk.so": b"no ELF file",
                "usr/bin/a": program("libsdk.so", runpath="/opt/sdk/lib"),
                "usr/bin/b": program(interpreter="/opt/sdk/ld.so.1"),
                "usr/lib/libx.so.1": "-> ../../opt/sdk/lib/libx.so.1.0",
                "usr/bin/c": b"#!/opt/sdk/bin/perl\n",
            }
        ),
    )


@pytest.mark.parametrize("pattern", ["/opt/sdk", "/opt/*", "sdk"])
def test_nothing_is_told_of_what_is_left_out_nor_of_what_needs_it(tmp_path: Path, pattern: str) -> None:
    root = device(tmp_path)
    whole, part = check(root, select=WANTED), check(root, select=WANTED, exclude=[pattern])
    assert {finding.rule for finding in whole.findings} >= {"EK201", "EK301", "EK316"}
    assert whole.roots[0].scripts_without_interpreter == ("usr/bin/c",)
    assert part.findings == ()
    assert part.roots[0].scripts_without_interpreter == ()
    assert part.roots[0].excluded == ("opt/sdk",)
    assert part.elf_files == whole.elf_files - 1
    assert part.idle_exclusions == ()


def test_a_library_that_is_left_out_does_not_hide_one_that_is_there(tmp_path: Path) -> None:
    root = grow(tmp_path / "root", router({"usr/bin/a": program("libx.so.9"), "usr/lib/libx.so.9": b"no ELF file"}))
    plain = check(root, select=["EK3"])
    part = check(root, select=["EK3"], exclude=["/usr/local"])
    assert plain.findings
    assert [finding.message for finding in part.findings] == [finding.message for finding in plain.findings]
    assert part.idle_exclusions == ("/usr/local",)


def test_what_is_left_out_is_in_the_published_shape_of_each_root(tmp_path: Path) -> None:
    root = device(tmp_path)
    for report in (check(root, exclude=["/opt", "*.txt"]), survey(root, exclude=["/opt", "*.txt"])):
        document = report.to_dict()
        assert document["roots"][0]["summary"]["excluded"] == ["opt"]
        assert document["summary"]["idle_exclusions"] == ["*.txt"]


def test_a_file_named_on_its_own_is_judged_though_it_is_left_out_of_its_root(tmp_path: Path) -> None:
    root = device(tmp_path)
    report = check(root / "opt/sdk/bin/odd", root=root, select=["EK301"], exclude=["/opt"])
    assert [finding.subject for finding in report.findings] == ["libabsent.so"]
    assert report.roots[0].excluded == ("opt",)

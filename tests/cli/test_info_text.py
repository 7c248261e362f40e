"""The facts of one file for people, held against GNU readelf's words where they share a fact."""

import subprocess

import pytest

from tests.cli.command import HELLO, MACHINES, ROUTER, RULES, elfkit
from tests.needs import needs


def shown(*arguments: object) -> dict[str, str]:
    """The labelled facts of one file."""
    rows = elfkit("info", *map(str, arguments)).text.splitlines()
    facts = [row for row in rows if row.startswith("    ") and not row.startswith("     ")]
    return {row[4:22].strip(): row[22:] for row in facts}


def test_the_facts_of_a_program_are_on_one_screen() -> None:
    assert len(elfkit("info", HELLO).text.splitlines()) <= 24
    facts = shown(HELLO)
    assert facts["machine"] == "MIPS (mips), 32-bit, big-endian, o32"
    assert facts["interpreter"] == "/lib/ld-musl-mips-sf.so.1"
    assert facts["needed"] == "libgreet.so, libc.so"
    assert facts["float ABI"].startswith("soft")
    assert facts["file size"].startswith(f"{HELLO.stat().st_size:,} bytes")


def test_verbose_shows_the_bytes_of_each_fact() -> None:
    told = elfkit("info", "-v", HELLO).text
    for proof in ('PT_INTERP at 0x194: "/lib/ld-musl-mips-sf.so.1"', "e_machine at 0x12: 00 08 = 8"):
        assert f"{'':22}{proof}\n" in told


def test_damage_is_told_with_its_place() -> None:
    told = elfkit("info", ROUTER / "usr/bin/halfcopied").text
    assert (
        "\n  damage\n    PT_LOAD ends at 0x1bd8, the file at 0x1000: 3032 bytes are missing [PT_LOAD p_filesz" in told
    )
    assert "  damage\n" not in elfkit("info", HELLO).text


@needs("readelf")
@pytest.mark.parametrize("path", MACHINES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_info_agrees_with_readelf(path: object) -> None:
    said = subprocess.run(["readelf", "-hldW", str(path)], capture_output=True, text=True, check=True).stdout
    facts = shown(path)
    assert [row.split("[")[1].rstrip("]") for row in said.splitlines() if "(NEEDED)" in row] == (
        [] if facts["needed"] == "nothing" else facts["needed"].split(", ")
    )
    asked = [row.split(": ")[1].rstrip("]") for row in said.splitlines() if "Requesting program interpreter" in row]
    assert facts["interpreter"] == (asked[0] if asked else "none")
    assert ("big-endian" in facts["machine"]) == ("big endian" in said)
    assert (", 64-bit" in facts["machine"]) == ("ELF64" in said)


def test_verbose_shows_what_a_file_asks_of_its_loader() -> None:
    facts = shown("-v", RULES / "EK210/bad/usr/bin/tool")
    assert facts["hash tables"] == "sysv"
    assert facts["packed relocations"] == "DT_RELR"
    assert shown("-v", RULES / "EK213/bad/usr/lib/libplain.so")["indirect functions"] == "plain_next"
    assert shown("-v", RULES / "EK214/bad/usr/lib/plugins/threads.so")["static TLS"] == "yes"
    assert shown("-v", RULES / "EK209/bad/usr/bin/tool")["oldest kernel"] == "4.15.0"
    assert shown("-v", RULES / "EK315/bad/usr/bin/tool")["opens"] == "libplain.so or libplain.so.0 (required)"
    assert shown("-v", ROUTER / "lib/libc.so")["release"] == "1.2.3"
    assert "hash tables" not in shown(HELLO)

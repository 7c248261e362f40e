"""`elfkit deps`: the tree of a start, a tree's libraries, why one is there, and who breaks without it."""

import json
import os
from pathlib import Path

import pytest

from elfkit_cli.main import main
from tests.cli.command import CLEAN, HELLO, ROUTER, Ran, elfkit
from tests.cli.test_json import valid
from tests.firmware.plants import GLIBC, Content, grow, leaked, library, program, router


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """curl needs libcurl and libz, libcurl needs libz as well; there are two of libz."""
    plan: dict[str, Content] = {
        "usr/bin/curl": program("libcurl.so.4", "libz.so.1", "libc.so"),
        "usr/bin/unzip": program("libz.so.1", "libc.so"),
        "usr/bin/vendor": program("libz.so.1", runpath="/opt/lib"),
        "usr/lib/libcurl.so.4": library("libz.so.1"),
        "usr/lib/libz.so.1": "-> libz.so.1.3",
        "usr/lib/libz.so.1.3": library(soname="libz.so.1"),
        "opt/lib/libz.so.1": library(soname="libz.so.1"),
    }
    return grow(tmp_path / "root", router(plan))


def deps(*arguments: str | Path) -> Ran:
    return elfkit("deps", *arguments)


def test_the_tree_of_a_start_shows_each_image_once_and_why_it_was_found(root: Path) -> None:
    ran = deps(root / "usr/bin/curl", "--root", root)
    assert (ran.code, ran.err) == (0, b"")
    head, interpreter, *rest = ran.text.splitlines()
    assert head.startswith(f"{root}/usr/bin/curl  MIPS 32-bit big-endian")
    assert interpreter == "  interpreter /lib/ld-musl-mips-sf.so.1 => /lib/ld-musl-mips-sf.so.1"
    assert rest == [
        "├── libcurl.so.4 => /usr/lib/libcurl.so.4  built into the loader",
        "│   └── libz.so.1 => /usr/lib/libz.so.1.3  built into the loader",
        "├── libz.so.1 => /usr/lib/libz.so.1.3",
        "└── libc.so  answered by the loader itself",
    ]


def test_a_search_path_is_named_as_the_reason(root: Path) -> None:
    text = deps(root / "usr/bin/vendor", "--root", root).text
    assert "└── libz.so.1 => /opt/lib/libz.so.1  RUNPATH of usr/bin/vendor" in text


def test_what_is_not_found_is_said_with_every_place_and_ends_with_1(root: Path) -> None:
    grow(root, {"usr/bin/lost": program("libnot.so")})
    ran = deps(root / "usr/bin/lost", "--root", root)
    assert ran.code == 1
    assert [text.strip("└─ ") for text in ran.text.splitlines()[2:]] == [
        "libnot.so  not found",
        "/lib/libnot.so: not there (built into the loader)",
        "/usr/local/lib/libnot.so: not there (built into the loader)",
        "/usr/lib/libnot.so: not there (built into the loader)",
    ]
    assert deps(root / "usr/bin/lost", "--root", root, "-q").text == "/usr/bin/lost: libnot.so not found\n"


def test_a_program_of_another_machine_is_told_so(root: Path) -> None:
    grow(root, {"usr/bin/stray": leaked("libc.so.6")})
    ran = deps(root / "usr/bin/stray", "--root", root)
    assert ran.code == 1
    assert "wants /lib64/ld-linux-x86-64.so.2, and nothing in" in ran.text


def test_a_tree_shows_its_libraries_and_how_many_need_them(root: Path) -> None:
    ran = deps(root)
    assert ran.code == 0
    rows = {words[0]: (int(words[1]), int(words[2])) for line in ran.text.splitlines()[2:] if (words := line.split())}
    assert rows["/usr/lib/libz.so.1.3"] == (3, 2)
    assert rows["/usr/lib/libcurl.so.4"] == (1, 1)
    assert rows["/opt/lib/libz.so.1"] == (1, 1)
    everything = deps(root, "-v").text
    assert everything.count("libz.so.1 => /usr/lib/libz.so.1.3") == 3


def test_why_shows_the_chain_of_every_program(root: Path) -> None:
    grow(root, {"usr/bin/page": program("libcurl.so.4")})
    ran = deps(root, "--why", "libz.so.1")
    assert ran.code == 0
    assert ran.text.splitlines() == [
        "/usr/bin/curl needs libz.so.1 => /usr/lib/libz.so.1.3",
        "/usr/bin/page needs libcurl.so.4 needs libz.so.1 => /usr/lib/libz.so.1.3",
        "/usr/bin/unzip needs libz.so.1 => /usr/lib/libz.so.1.3",
        "/usr/bin/vendor needs libz.so.1 => /opt/lib/libz.so.1",
    ]
    assert deps(root, "--why", "usr/lib/libz.so.1").text.count("\n") == 3
    nobody = deps(root, "--why", "libssl.so")
    assert (nobody.code, nobody.text) == (1, "")
    assert nobody.sentences == ["elfkit: nothing here needs libssl.so"]


@pytest.mark.parametrize("name", ["libc.so", "ld-musl-mips-sf.so.1", "lib/ld-musl-mips-sf.so.1"])
def test_why_shows_who_needs_what_the_loader_answers_itself(root: Path, name: str) -> None:
    grow(root, {"usr/bin/page": program("libcurl.so.4"), "usr/lib/libm.so": library()})
    grow(root, {"usr/bin/sums": program("libsum.so"), "usr/lib/libsum.so": library("libc.so")})
    ran = deps(root, "--why", name)
    assert ran.code == 0
    assert ran.text.splitlines() == [
        "/usr/bin/curl needs libc.so => /lib/ld-musl-mips-sf.so.1",
        "/usr/bin/sums needs libsum.so needs libc.so => /lib/ld-musl-mips-sf.so.1",
        "/usr/bin/unzip needs libc.so => /lib/ld-musl-mips-sf.so.1",
    ]
    row = next(line.split() for line in deps(root).text.splitlines() if "/lib/ld-musl-mips-sf.so.1" in line)
    assert row == ["/lib/ld-musl-mips-sf.so.1", "3", "5"]


def test_what_is_preloaded_is_shown_with_what_it_needs(tmp_path: Path) -> None:
    pre = library("libz.so.1")
    files: dict[str, Content] = {
        "sbin/init": program("libz.so.1", interpreter=GLIBC),
        GLIBC[1:]: library(),
        "lib/libpre.so": pre,
        "opt/libz.so.1": pre,
        "lib/libz.so.1": library(),
        "etc/ld.so.preload": b"/lib/libpre.so libgone.so",
    }
    root = grow(tmp_path / "root", files)
    ran = deps(root / "sbin/init", "--root", root)
    assert ran.code == 0
    assert ran.text.splitlines()[2:] == [
        "├── /lib/libpre.so => /lib/libpre.so  ld.so.preload",
        "│   └── libz.so.1 => /lib/libz.so.1  built into the loader",
        "└── libz.so.1 => /lib/libz.so.1",
    ]
    assert deps(root, "--why", "libpre.so").text.splitlines() == [
        "/sbin/init preloads /lib/libpre.so => /lib/libpre.so"
    ]
    assert ["/lib/libpre.so", "0", "1"] in [line.split() for line in deps(root).text.splitlines()]
    assert '"/sbin/init" -> "/lib/libpre.so";' in deps(root, "--dot").text
    (row,) = json.loads(deps(root / "sbin/init", "--root", root, "--json").out)
    valid("elfkit.deps/1", json.dumps(row))
    assert [(need["name"], need["outcome"]) for need in row["preloaded"]] == [
        ("/lib/libpre.so", "found"),
        ("libgone.so", "missing"),
    ]


def test_reverse_tells_who_fails_who_stops_for_that_and_who_finds_another(root: Path) -> None:
    grow(root, {"usr/bin/page": program("libcurl.so.4")})
    ran = deps(root, "--reverse", "usr/lib/libz.so.1")
    assert ran.code == 1
    assert ran.text.splitlines() == [
        "/usr/lib/libz.so.1.3: without it 4 files would fail",
        "  fails       /usr/bin/curl  needs libz.so.1",
        "  fails       /usr/bin/unzip  needs libz.so.1",
        "  fails       /usr/lib/libcurl.so.4  needs libz.so.1",
        "  stops       /usr/bin/page  through /usr/lib/libcurl.so.4",
    ]
    other = deps(root, "--reverse", "opt/lib/libz.so.1")
    assert other.code == 0
    assert other.text.splitlines() == [
        "/opt/lib/libz.so.1: without it nothing would fail",
        "  goes on     /usr/bin/vendor  finds /usr/lib/libz.so.1.3",
    ]


def test_what_reverse_says_is_what_happens(root: Path) -> None:
    document = json.loads(deps(root, "--reverse", "usr/lib/libz.so.1", "--json").out)[0]
    valid("elfkit.deps-reverse/1", json.dumps(document))
    (root / "usr/lib/libz.so.1.3").unlink()
    failing = {row["path"] for row in document["fails"]} | {row["path"] for row in document["stops"]}
    for name in ("curl", "unzip", "vendor"):
        assert (deps(root / "usr/bin" / name, "--root", root).code == 1) is (f"/usr/bin/{name}" in failing)


def test_the_loader_is_missed_by_every_program_that_names_it() -> None:
    ran = deps(CLEAN, "--reverse", "lib/ld-musl-mips-sf.so.1")
    assert ran.code == 1
    assert "  starts not  /bin/box  it is its interpreter" in ran.text.splitlines()


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [((), "deps/1"), (("--why", "libz.so.1"), "deps-why/1"), (("--reverse", "libz.so.1"), "deps-reverse/1")],
)
def test_json_is_by_its_schema(root: Path, arguments: tuple[str, ...], schema: str) -> None:
    rows = json.loads(deps(root, *arguments, "--json").out)
    assert rows
    for row in rows:
        valid(f"elfkit.{schema}", json.dumps(row))


def test_dot_writes_one_edge_a_need(root: Path) -> None:
    lines = deps(root / "usr/bin/curl", "--root", root, "--dot").text.splitlines()
    assert lines[0] == "digraph dependencies {"
    assert lines[-1] == "}"
    assert '  "/usr/lib/libcurl.so.4" -> "/usr/lib/libz.so.1.3";' in lines
    assert len(lines) == 2 + 1 + 4


@pytest.mark.parametrize("option", ["-v", "--json"])
def test_programs_beyond_the_rows_that_are_shown_are_told_of(
    option: str, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tree of 2 MB whose 300 programs need 1,500 libraries each was 300 MB of JSON, and 3 GB of memory."""
    grow(root, {f"bin/more{number}": program("libc.so") for number in range(5)})
    code = main(["deps", str(root), option])
    whole, said = capsys.readouterr()
    assert "left out" not in said
    monkeypatch.setattr("elfkit_cli.deps.MOST_ROWS", 3)
    assert main(["deps", str(root), option]) == code
    some, said = capsys.readouterr()
    assert 0 < some.count("/bin/") < whole.count("/bin/")
    assert "more programs are left out, all take more than 3 rows" in said


def test_libraries_in_a_row_are_not_indented_by_their_square(root: Path) -> None:
    chain = {f"lib/libc{number}.so": library(f"libc{number + 1}.so") for number in range(200)}
    grow(root, chain | {"lib/libc200.so": library(), "bin/chain": program("libc0.so")})
    rows = deps(root / "bin/chain", "--root", root).text.splitlines()
    assert len(rows) > 200
    assert max(map(len, rows)) < 300


def test_bad_input_has_one_sentence_and_its_code(root: Path) -> None:
    for arguments, code, said in (
        ((root / "missing",), 2, "no such file or directory"),
        (("pyproject.toml",), 3, "not an ELF file"),
        ((root, "--root", root), 2, "is a directory and a root of its own"),
        ((HELLO, "--reverse", "libc.so"), 2, "--reverse needs the whole tree"),
        ((root, "--reverse", "libnot.so"), 2, "no ELF file is called libnot.so"),
        ((HELLO, "--root", root / "missing"), 2, "is no directory"),
    ):
        ran = deps(*arguments)
        assert ran.code == code, arguments
        assert len(ran.sentences) == 1
        assert said in ran.sentences[0]


def test_no_path_leads_out_of_the_root(tmp_path: Path) -> None:
    outside = grow(tmp_path / "outside", {"libz.so.1": library()})
    plan: dict[str, Content] = {
        "usr/bin/a": program("libz.so.1"),
        "usr/lib": f"-> {outside}",
        "usr/local/lib/libz.so.1": "-> ../../../../outside/libz.so.1",
        "lib/libz.so.1": f"-> {outside}/libz.so.1",
    }
    root = grow(tmp_path / "root", router(plan))
    assert deps(root / "usr/bin/a", "--root", root).code == 1


def test_a_fifo_that_bears_a_librarys_name_blocks_nothing(root: Path) -> None:
    os.mkfifo(root / "lib/libz.so.1")
    ran = deps(root / "usr/bin/unzip", "--root", root)
    assert ran.code == 1
    assert "/lib/libz.so.1: taken, though it is no ELF file" in ran.text


def test_the_router_fixture_lacks_what_was_planted() -> None:
    ran = deps(ROUTER)
    assert ran.code == 1
    assert "  not found  libnotthere.so.1  needed by /usr/lib/httpd/mod_vpn.so and 1 more" in ran.text.splitlines()

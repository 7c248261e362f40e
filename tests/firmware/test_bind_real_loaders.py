"""What is predicted of a program is what its own loader makes of it: glibc and musl under qemu are the oracle."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from elfkit.abi.dynamic import DT_NEEDED
from elfkit.firmware.prediction import Ending, Missing
from elfkit.image.image import load
from fixtures.run_tree import run_in_tree
from tests.firmware.loaded import MACHINES, PLAIN, TOOL, Case, Library, Machine, Workshop, predicted
from tests.firmware.plants import FIXTURES
from tests.needs import needs

BEGIN = "#include <stdio.h>\n"
BEGUN = 'int main(void) { puts("begun"); fflush(stdout); return'
CALLER = f"{BEGIN}int plain_next(void);\n{BEGUN} plain_next(); }}\n"
READER = f"{BEGIN}extern int plain_count;\n{BEGUN} plain_count; }}\n"
TABLE_READER = f"{BEGIN}extern int table[4];\n{BEGUN} table[0]; }}\n"
WEAK = (
    f"{BEGIN}__attribute__((weak)) int plain_next(void);\nint plain_other(void);\n"
    f"{BEGUN} plain_next ? plain_next() : plain_other(); }}\n"
)
GIVER = f"{BEGIN}int plain_next(void);\nint given(void) {{ return 0; }}\n{BEGUN} plain_next(); }}\n"
FULL = Library("int plain_count; int plain_next(void) { return 0; } int plain_other(void) { return 0; }")
OLDER = Library("int plain_other(void) { return 0; }")
TAKER = Library("int given(void); int plain_next(void) { return given(); }")
NEW = replace(FULL, script="V1 { global: plain_other; };\nV2 { global: plain_next; } V1;")
OLD = replace(FULL, script="V1 { global: plain_other; plain_next; };")
SMALL, LARGE = Library("int table[4] = {0};"), Library("int table[6] = {0};")
# plain_next@V2, which is not the default version: an unversioned reference finds the first version alone
HIDDEN_SECOND = Library(
    '__asm__(".symver hidden_next, plain_next@V2"); int hidden_next(void) { return 0; }'
    "int plain_other(void) { return 0; }",
    "V1 { global: plain_other; };\nV2 { } V1;",
)
HIDDEN_FIRST = replace(HIDDEN_SECOND, source=HIDDEN_SECOND.source.replace("@V2", "@V1"), script="V1 { };")
# needs a version of libc.so.6, so it has DT_VERSYM
PRINTER = replace(
    FULL,
    source='int puts(const char *); int plain_other(void) { return 0; }int plain_next(void) { return puts("") < 0; }',
)
(S390X,) = [machine for machine in MACHINES if machine.triplet == "s390x-linux-gnu"]
LAZY, NOW = ("-Wl,-z,lazy",), ("-Wl,-z,now",)

RUNS, FAILS, LATER = Ending.RUNS, Ending.FAILS, Ending.FAILS_WHEN_CALLED
CASES: tuple[tuple[Case, Ending, str], ...] = (
    (Case("all there", CALLER, FULL, FULL, NOW), RUNS, ""),
    (Case("function missing, lazy", CALLER, FULL, OLDER, LAZY), LATER, "plain_next"),
    (Case("function missing, now", CALLER, FULL, OLDER, NOW), FAILS, "plain_next"),
    (Case("variable missing, lazy", READER, FULL, OLDER, LAZY), FAILS, "plain_count"),
    (Case("weak function missing", WEAK, FULL, OLDER, NOW), RUNS, ""),
    (Case("version missing", CALLER, NEW, OLD, LAZY), FAILS, "V2"),
    (Case("version not known to the program", CALLER, FULL, NEW, NOW), RUNS, ""),
    (Case("library without versions", CALLER, NEW, PRINTER, NOW), RUNS, ""),
    (Case("library without a version table", CALLER, NEW, FULL, NOW), FAILS, "V2"),
    (Case("hidden version, the first", CALLER, FULL, HIDDEN_FIRST, NOW), RUNS, ""),
    (Case("hidden version, not the first", CALLER, FULL, HIDDEN_SECOND, NOW), FAILS, "plain_next"),
    (Case("the program gives what its library lacks", GIVER, FULL, TAKER, ("-rdynamic",)), RUNS, ""),
    (Case("nobody gives what a library lacks", CALLER, FULL, TAKER, LAZY), LATER, "given"),
    (Case("copy too small", TABLE_READER, SMALL, LARGE, ("-no-pie", "-fno-pie")), RUNS, ""),
)
each_machine = pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.triplet)
pytestmark = needs(*[f"{machine.triplet}-gcc" for machine in MACHINES], *[machine.qemu for machine in MACHINES])


@each_machine
@pytest.mark.parametrize(("case", "ending", "name"), CASES, ids=lambda value: getattr(value, "name", None))
def test_the_loader_does_what_is_predicted(
    tmp_path: Path, machine: Machine, case: Case, ending: Ending, name: str
) -> None:
    shop = Workshop(tmp_path, machine)
    said, _ = predicted(shop.build(case))
    done = shop.start()
    happened = RUNS if done.status == 0 else LATER if done.output else FAILS
    assert (happened, said.ending) == (ending, ending), done
    assert said.name.partition("@")[0] == name
    assert name in done.errors or "check_match: Assertion" in done.errors


@each_machine
def test_a_library_without_versions_is_complained_of_as_ek407_does(tmp_path: Path, machine: Machine) -> None:
    shop = Workshop(tmp_path, machine)
    _, bindings = predicted(shop.build(Case("", CALLER, NEW, PRINTER)))
    (gap,) = bindings.unversioned[TOOL]
    assert (gap.file, gap.version, gap.provider) == ("libplain.so", "V2", PLAIN)
    assert "no version information available" in shop.start().errors


def test_a_copy_that_is_too_small_is_complained_of_as_ek411_does(tmp_path: Path) -> None:
    shop = Workshop(tmp_path, S390X)  # MIPS has no such copies: it reads variables through the GOT
    _, bindings = predicted(shop.build(Case("", TABLE_READER, SMALL, LARGE, ("-no-pie", "-fno-pie"))))
    (clash,) = bindings.copies[TOOL]
    assert (clash.reference.name, clash.provider, clash.own, clash.theirs) == ("table", PLAIN, 16, 24)
    assert "`table' has different size in shared object, consider re-linking" in shop.start().errors


@each_machine
def test_versions_of_a_file_that_nothing_maps_stop_glibc(tmp_path: Path, machine: Machine) -> None:
    shop = Workshop(tmp_path, machine)
    root = shop.build(Case("", CALLER, NEW, NEW))
    # DT_NEEDED names plain.so, which is another file, by the end of the same string; DT_VERNEED keeps libplain.so
    (root / PLAIN).rename(root / "lib/plain.so")
    content = (root / "lib/plain.so").read_bytes()
    (root / "lib/plain.so").write_bytes(content.replace(b"\0libplain.so\0", b"\0xyzplain.so\0"))
    shorten_needed(root / TOOL, "libplain.so", 3)
    _, bindings = predicted(root)
    (gap,) = bindings.strayed[TOOL]
    assert (gap.file, gap.provider) == ("libplain.so", "")
    done = shop.start()
    assert done.status != 0
    assert not done.output


def shorten_needed(path: Path, name: str, letters: int) -> None:
    """Let the DT_NEEDED entry for `name` begin some letters later."""
    with load(path) as image:
        assert image.dynamic is not None
        place = next(
            i for i, (tag, value) in enumerate(image.dynamic.entries) if (tag, image.string(value)) == (DT_NEEDED, name)
        )
        value = image.dynamic.entries[place][1] + letters
        offset = image.dynamic.offset + place * image.dynamic.entry_size
        entry = image.layout.dyn.reader.pack(DT_NEEDED, value)
    content = path.read_bytes()
    path.write_bytes(content[:offset] + entry + content[offset + len(entry) :])


# musl: the router's own, and the small programs of the rules' bad roots
MUSL_CASES = (
    ("EK401/bad/usr/bin/tool", "EK401/bad/usr/lib/libplain.so", FAILS, "plain_next"),
    ("EK401/good/usr/bin/tool", "EK401/good/usr/lib/libplain.so", RUNS, ""),
    ("EK404/bad/usr/bin/tool", "EK401/good/usr/lib/libplain.so", RUNS, ""),  # the router's musl has reallocarray
)


@needs("qemu-mips-static")
@pytest.mark.parametrize(("program", "library", "ending", "name"), MUSL_CASES)
def test_musl_does_what_is_predicted(tmp_path: Path, program: str, library: str, ending: Ending, name: str) -> None:
    root = tmp_path / "root"
    shutil.copytree(FIXTURES / "trees/router-clean", root, symlinks=True)
    shutil.copy(FIXTURES / "rules" / program, root / TOOL)
    shutil.copy(FIXTURES / "rules" / library, root / PLAIN)
    said, _ = predicted(root)
    done = run_in_tree(root, [f"/{TOOL}"])
    failed = "Error relocating" in done.stderr
    assert (FAILS if failed else RUNS, said.ending, said.name) == (ending, ending, name), done
    assert said.missing is (Missing.SYMBOL if name else Missing.NOTHING)
    assert not name or f"{name}: symbol not found" in done.stderr

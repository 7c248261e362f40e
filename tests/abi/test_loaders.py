import pytest

from elfkit.abi.header import ELFCLASS32, ELFCLASS64
from elfkit.abi.interpreters import INTERPRETERS
from elfkit.abi.library_dirs import MACHINE_DIRS, MachineDirs, machine_dirs
from elfkit.abi.loaders import LOADERS, NEVER_FILES, Loader, loader
from elfkit.abi.machines import BY_NUMBER

each = pytest.mark.parametrize("row", LOADERS, ids=lambda row: row.libc)
each_machine = pytest.mark.parametrize("row", MACHINE_DIRS, ids=lambda row: f"{row.e_machine} {row.slibdir} {row.data}")


def of(libc: str) -> Loader:
    row = loader(libc)
    assert row
    return row


@each
def test_a_loader_belongs_to_a_libc_that_interpreters_name(row: Loader) -> None:
    assert row.libc in {interpreter.libc for interpreter in INTERPRETERS}
    assert loader(row.libc) is row


@each
def test_every_directory_is_one_of_the_root(row: Loader) -> None:
    assert row.default_dirs
    assert all(path.startswith(("/", "{prefix}/")) and not path.endswith("/") for path in row.default_dirs)
    assert row.source


def test_an_unknown_libc_has_no_row() -> None:
    assert loader("dietlibc") is None


def test_glibc_and_musl_inherit_differently() -> None:
    assert (of("glibc").rpath_inherited, of("glibc").runpath_inherited) == (True, False)
    assert (of("musl").rpath_inherited, of("musl").runpath_inherited) == (True, True)


def test_musl_takes_the_first_file_that_opens_and_glibc_passes_over_a_foreign_one() -> None:
    assert "machine" in of("glibc").passes_over
    assert not of("musl").passes_over


@pytest.mark.parametrize("name", ["libc.so.6", "libm.so.6", "libpthread.so.0", "libc.musl-mips.so.1", "libdl.so.2"])
def test_musl_is_itself_what_these_names_ask_for(name: str) -> None:
    assert name.startswith(of("musl").builtin_prefixes)


@pytest.mark.parametrize("name", ["libcrypt.so.1", "libresolv.so.2", "libgcc_s.so.1", "libmagic.so.1", "ld-linux.so.2"])
def test_musl_looks_for_these_as_files(name: str) -> None:
    assert not name.startswith(of("musl").builtin_prefixes)


def test_musl_reads_its_path_file_instead_of_the_defaults() -> None:
    row = of("musl")
    assert row.default_dirs == ("/lib", "/usr/local/lib", "/usr/lib")
    assert row.config.format(prefix="/opt", arch="mips-sf") == "/opt/etc/ld-musl-mips-sf.path"
    assert row.config_replaces_defaults


def test_the_vdso_is_never_a_file() -> None:
    assert {"linux-vdso.so.1", "linux-gate.so.1"} <= {*NEVER_FILES}


@each_machine
def test_directories_belong_to_a_machine_that_runs_linux(row: MachineDirs) -> None:
    machine = BY_NUMBER[row.e_machine]
    assert machine.runs_linux
    assert row.variant in {"", *(variant.name for variant in machine.variants)}
    assert not (machine.float_abi_none and row.float_abi)


def test_no_two_rows_serve_the_same_files() -> None:
    keys = [row[:5] for row in MACHINE_DIRS]
    assert len({*keys}) == len(keys)


def test_a_triplet_belongs_to_one_kind_of_file() -> None:
    triplets = [triplet for row in MACHINE_DIRS for triplet in row.triplets if row.e_machine != 18]
    assert len({*triplets}) == len(triplets)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ((62, ELFCLASS64, "little", "", "none"), "/lib64 /usr/lib64 /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu"),
        ((62, ELFCLASS32, "little", "x32", "none"), "/libx32 /usr/libx32 /lib/x86_64-linux-gnux32"),
        ((8, ELFCLASS32, "little", "o32", "soft"), "/lib/mipsel-linux-gnu /usr/lib/mipsel-linux-gnu"),
        ((8, ELFCLASS32, "little", "n32", "hard"), "/lib32 /lib/mips64el-linux-gnuabin32"),
        ((8, ELFCLASS64, "big", "n64", "hard"), "/lib64 /lib/mips64-linux-gnuabi64"),
        ((40, ELFCLASS32, "little", "eabi5", "hard"), "/lib/arm-linux-gnueabihf"),
        ((40, ELFCLASS32, "little", "eabi5", "soft"), "/lib/arm-linux-gnueabi"),
        ((243, ELFCLASS64, "little", "", "hard"), "/lib64/lp64d /usr/lib64/lp64d /lib/riscv64-linux-gnu"),
        ((21, ELFCLASS64, "little", "elfv2", "hard"), "/lib64 /lib/powerpc64le-linux-gnu"),
        ((258, ELFCLASS64, "little", "", "soft"), "/lib64/sf /lib/loongarch64-linux-gnusf"),
    ],
)
def test_glibc_s_directories_are_those_of_the_machine_and_abi(
    subject: tuple[int, int, str, str, str], expected: str
) -> None:
    assert {*expected.split()} <= {*machine_dirs(*subject)}


def test_a_hard_float_file_finds_nothing_among_soft_float_libraries() -> None:
    assert "/lib/arm-linux-gnueabi" not in machine_dirs(40, ELFCLASS32, "little", "eabi5", "hard")


def test_a_big_endian_file_finds_nothing_among_little_endian_libraries() -> None:
    assert "/lib/mipsel-linux-gnu" not in machine_dirs(8, ELFCLASS32, "big", "o32", "soft")


def test_an_unknown_float_abi_excludes_no_directory() -> None:
    both = {*machine_dirs(40, ELFCLASS32, "little", "eabi5", "unknown")}
    assert {"/lib/arm-linux-gnueabi", "/lib/arm-linux-gnueabihf"} <= both


def test_a_machine_without_rows_has_only_the_common_directories() -> None:
    assert machine_dirs(164, ELFCLASS32, "little", "", "unknown") == ()

"""Small roots for this machine's own glibc, and what its loader makes of them in chroot(2)."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

LOADER = "lib64/ld-linux-x86-64.so.2"
START = 'void _start(void) { __asm__("mov $60, %eax; xor %edi, %edi; syscall"); }'

Plan = Mapping[str, str | tuple[str, ...]]  # path: linker options of a program or library, or the text of a file


def native_root(root: Path, plan: Plan) -> Path:
    """A root with the loader and what `plan` asks for: paths that end in .so are libraries, with options programs."""
    (root / LOADER).parent.mkdir(parents=True)
    shutil.copy(f"/{LOADER}", root / LOADER)
    for path, what in plan.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(what, str):
            place.write_text(what)
        else:
            _link(place, what)
    return root


def _link(place: Path, options: tuple[str, ...]) -> None:
    library = place.suffix == ".so"
    source = "int zed;" if library else START
    kind = ["-shared", f"-Wl,-soname,{place.name}"] if library else ["-fno-stack-protector"]
    command = [
        "gcc",
        "-x",
        "c",
        "-",
        "-x",
        "none",
        "-nostdlib",
        "-fPIC",
        *kind,
        "-Wl,--no-as-needed",
        *options,
        "-o",
        str(place),
    ]
    subprocess.run(command, input=source, text=True, check=True, capture_output=True, timeout=60)


def needing(folder: Path, *names: str) -> tuple[str, ...]:
    """Linker options that make a file need these libraries, made in `folder` for that."""
    folder.mkdir(exist_ok=True)
    for name in names:
        _link(folder / name, ())
    return tuple(f"{folder / name}" for name in names)


def ldconfig(root: Path, *options: str) -> None:
    (root / "etc").mkdir(exist_ok=True)
    subprocess.run(["ldconfig", "-r", str(root), *options], check=True, capture_output=True, timeout=60)


def runs(root: Path, path: str = "bin/x") -> bool:
    """Whether the real loader starts the program; False where it misses a library."""
    chroot = lambda: os.chroot(root)  # noqa: E731 -- one call, before exec
    done = subprocess.run(
        [f"/{path}"], preexec_fn=chroot, cwd="/", env={}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0 or "cannot open shared object file" in done.stderr, done
    return done.returncode == 0


def traced(root: Path, path: str = "bin/x") -> list[str]:
    """The libraries that the real loader maps for the program, in load order (ld.so --list without the loader)."""
    chroot = lambda: os.chroot(root)  # noqa: E731 -- one call, before exec
    done = subprocess.run(
        [f"/{LOADER}", "--list", f"/{path}"],
        preexec_fn=chroot,
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = [line.split(" (0x")[0].strip().rpartition("=> ")[2] for line in done.stdout.splitlines()]
    return [line for line in lines if line.startswith("/") and not line.endswith(LOADER)]

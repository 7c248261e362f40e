"""Of what a scenario is made: C sources that become ELF files, other files, links, and what each loader does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.oracle.targets import Make, Target

PROGRAM: Final = "usr/bin/prog"


@dataclass(frozen=True, slots=True)
class Part:
    """One ELF file: where it lies in the root, its source, and the SONAMEs it is linked against.

    `stub` parts exist for the linker alone: the root has another file of that name, or none. `needs` are looked for
    among the stubs first. `soname` is the file's name where it is "".
    """

    path: str
    code: str
    needs: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    soname: str = ""
    make: Make = Make.OWN
    stub: bool = False
    program: bool = False
    script: str = ""

    @property
    def name(self) -> str:
        """What DT_NEEDED of those that need it will hold."""
        return self.soname or self.path.rpartition("/")[2]


Content = bytes | str | Callable[[Target], bytes]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One root and one program. `glibc` and `musl` are how it ends there, in the words of `Ending`; "" leaves it out.

    Where `called` is set the program runs once more with an argument, and then does what it left out before.
    """

    kind: str
    name: str
    parts: tuple[Part, ...]
    glibc: str
    musl: str
    run: str = f"/{PROGRAM}"
    called: bool = False
    files: Mapping[str, Content] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    opens: str = ""
    """What the program asks dlopen for."""
    lazily: bool = False
    """With RTLD_LAZY."""
    tells: bool = False
    """The program prints which library's `a` it got: "with liba.so"."""

    def suits(self, target: Target) -> bool:
        """Whether the target's loader is one of it, and its compilers make every part."""
        made = all(part.make is Make.OWN or part.make in target.others for part in self.parts)
        return made and bool(self.ends(target))

    def ends(self, target: Target) -> str:
        """How it ends on this target."""
        return self.glibc if target.libc == "glibc" else self.musl


def lib(path: str, code: str, needs: str = "", *flags: str, **more: object) -> Part:
    """A shared library; `needs` holds names with blanks between."""
    return Part(path, code, tuple(needs.split()), flags, **more)  # type: ignore[arg-type]


def prog(code: str, needs: str, *flags: str, path: str = PROGRAM, before: str = "") -> Part:
    """A program: `code` is what its main does once it has said that it started."""
    main = (
        f'{before}\nint main(int argc, char **argv) {{ (void)argv; say("started"); {code} say("done"); return 0; }}\n'
    )
    return Part(path, main, tuple(needs.split()), flags, program=True)


def rpath(value: str) -> str:
    """The linker's option for DT_RPATH."""
    return f"-Wl,--disable-new-dtags,-rpath,{value}"


def runpath(value: str) -> str:
    """The linker's option for DT_RUNPATH."""
    return f"-Wl,--enable-new-dtags,-rpath,{value}"

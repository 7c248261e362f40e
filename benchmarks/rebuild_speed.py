"""What rebuilding costs beside copying the same file: ``python -m benchmarks.rebuild_speed``.

libLLVM of Debian, 110 MB, and a tree of 500 cross libraries, each without its section headers. The bar for the one is
what `cp` and `sync -f` take for it, three times, and what the same command takes for a small file. Exit 1 where a bar
is missed.
"""

import argparse
import multiprocessing
import shlex
import sys
import tempfile
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks.fidelity import in_turns
from benchmarks.fidelity_tables import Form, UnreadableError, read_table, without_table
from benchmarks.figures import table, write
from benchmarks.processes import REPOSITORY, Series, elfkit, interleaved, machine, versions
from tests.real import fetch

LARGE: Final = "libLLVM-14.so.1"
LIBRARIES: Final = 500
TIMES_COPY: Final = 3
BAR_MEMORY: Final = 150_000_000
BAR_TREE: Final = 4.0  # seconds
SMALL: Final = REPOSITORY / "fixtures" / "machines" / "x86_64" / "libgreet.so"
START, COPY, ONE, TREE = "rebuild of a small file", "cp && sync -f", "rebuild of libLLVM", f"a tree of {LIBRARIES}"


def cut(path: Path, target: Path) -> bool:
    """Write the file without its section headers; False where pyelftools finds none in it."""
    try:
        content = without_table(path.read_bytes(), read_table(path), Form.STRIPPED)
    except UnreadableError:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return True


def prepare(folder: Path) -> None:
    """Cut the files: in a process of its own, since a child's ru_maxrss begins at what its parent holds."""
    if not cut(SMALL, folder / SMALL.name):
        raise fetch.UnavailableError(f"{SMALL} has no section table")
    large(folder)
    tree(folder / "tree")


def large(folder: Path) -> None:
    root = fetch.obtain(next(row for row in fetch.LIBRARIES if row.name == "large")).path
    source = next(path for path in fetch.elf_files(root) if path.name == LARGE)
    if not cut(source, folder / LARGE):
        raise fetch.UnavailableError(f"{source} has no section table")


def tree(folder: Path) -> None:
    root = fetch.obtain(fetch.LIBRARIES[0]).path
    done = (path for path in in_turns(root, ()) if cut(path, folder / path.relative_to(root)))
    if len(list(islice(done, LIBRARIES))) < LIBRARIES:
        raise fetch.UnavailableError(f"fewer than {LIBRARIES} libraries")


def missed(measured: Mapping[str, Series]) -> list[str]:
    """The bars that were missed, in words; empty where all hold."""
    one, bar = measured[ONE], TIMES_COPY * measured[COPY].seconds + measured[START].seconds
    words = [f"{name}: ended with an error" for name, s in measured.items() if any(run.status for run in s.runs)]
    if one.seconds > bar:
        words.append(f"{ONE} takes {one.seconds:.2f} s, the bar is {bar:.2f} s")
    if one.memory >= BAR_MEMORY:
        words.append(f"{ONE} holds {one.memory / 1e6:.0f} MB, the bar is {BAR_MEMORY / 1e6:.0f} MB")
    if measured[TREE].seconds > BAR_TREE:
        words.append(f"{TREE} takes {measured[TREE].seconds:.1f} s, the bar is {BAR_TREE} s")
    return words


def main() -> int:
    parser = argparse.ArgumentParser(description="Rebuilding section headers beside copying.")
    parser.add_argument("--rounds", type=int, default=9, help="counted runs of each (default: 9)")
    parser.add_argument("--dry-run", action="store_true", help="leave benchmarks/README.md as it is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cutting = multiprocessing.get_context("spawn").Process(target=prepare, args=(folder,))
        cutting.start()
        cutting.join()
        if cutting.exitcode:
            print("rebuild_speed: not measured: the files are not there")
            return 1
        source, copy = folder / LARGE, shlex.quote(str(folder / "copy"))
        commands = {
            START: elfkit("rebuild-sections", str(folder / SMALL.name), "-o", str(folder / "small")),
            COPY: ("sh", "-c", f"cp {shlex.quote(str(source))} {copy} && sync -f {copy}"),
            ONE: elfkit("rebuild-sections", str(source), "-o", str(folder / "rebuilt")),
            TREE: elfkit("rebuild-sections", str(folder / "tree"), "--output-dir", str(folder / "out")),
        }
        measured = interleaved(commands, options.rounds)
        size = source.stat().st_size
    start = measured[START].seconds
    beyond = {name: (s.seconds - start) / measured[COPY].seconds for name, s in measured.items()}
    shown = {START: "", COPY: "1.0", ONE: f"{beyond[ONE]:.1f}", TREE: ""}
    rows = [[name, f"{s.seconds * 1000:,.0f} ms", shown[name], s.memory_text] for name, s in measured.items()]
    head = ["whole process", "median", "of the copy, less start-up", "ru_maxrss"]
    lead = f"{machine()}; {versions('elfkit', 'numpy')}. {LARGE}, {size / 1e6:.0f} MB. Warm, interleaved, "
    text = f"{lead}{options.rounds} runs each.\n\n{table(head, rows)}"
    print(text)
    words = missed(measured)
    print("\n".join(words) if words else "the bars hold")
    if not options.dry_run:
        write("rebuild_speed", text)
    return 1 if words else 0


if __name__ == "__main__":
    sys.exit(main())

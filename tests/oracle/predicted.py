"""What elfkit says of a root, in the words of `Scenario.glibc` and `Scenario.musl`."""

from pathlib import Path

from elfkit.firmware.platforms import find_platforms
from elfkit.firmware.resolve import Outcome, resolve
from elfkit.firmware.tree import read_tree
from tests.oracle.parts import Scenario


def predict(scenario: Scenario, root: Path) -> str:
    """How the program's start ends."""
    tree = read_tree(str(root))
    found = resolve(tree, find_platforms(tree))
    start = tree.paths.follow(scenario.run).path or ""
    for path in found.closure(start):
        for need in found.needs.get(path, ()):
            if need.outcome is Outcome.WRONG_ABI and need.path is not None and found.platform_of[path].libc == "musl":
                return f"start unusable {need.name}"
            if not need.met:
                return f"start library {need.name}"
    return "runs"

"""What elfkit says of a root, in the words of `Scenario.glibc` and `Scenario.musl`."""

from pathlib import Path
from typing import NamedTuple

from elfkit.facts.facts import LINKAGE
from elfkit.firmware.bind import bind
from elfkit.firmware.bindings import Bindings
from elfkit.firmware.needs import Need, Outcome
from elfkit.firmware.platforms import Platform, find_platforms
from elfkit.firmware.prediction import Ending, Missing, Prediction, predict
from elfkit.firmware.resolve import Resolution, resolve
from elfkit.firmware.search import searcher
from elfkit.firmware.tree import Tree, read_tree
from tests.oracle.parts import Scenario

STAGES = {Ending.FAILS: "start", Ending.FAILS_WHEN_CALLED: "call"}


class Known(NamedTuple):
    """What elfkit found out about one root."""

    tree: Tree
    resolution: Resolution
    bindings: Bindings


def predicted(scenario: Scenario, root: Path) -> str:
    """How the program's start ends; if it runs, what becomes of the plugin that it opens."""
    tree = read_tree(str(root), needs=frozenset({LINKAGE}))
    resolution = resolve(tree, find_platforms(tree))
    known = Known(tree, resolution, bind(tree, resolution))
    program = tree.paths.follow(scenario.run).path or ""
    answer = predict(tree, resolution, known.bindings, program)
    if answer.ending is Ending.RUNS and scenario.opens:
        return _opened(known, scenario, program)
    if answer.ending is Ending.RUNS and scenario.tells:
        return " ".join(["runs", *_providers(known, program)])
    return _in_words(known, answer)


def _in_words(known: Known, answer: Prediction) -> str:
    if answer.ending is Ending.RUNS:
        return "runs"
    needs = known.resolution.needs.get(answer.image, ())
    name = answer.name.partition("@")[0]
    foreign = any(need.name == name and need.outcome is Outcome.WRONG_ABI for need in needs)
    if answer.missing is Missing.LIBRARY and foreign and _takes_any(known.resolution.platform_of[answer.image]):
        return f"start unusable {name}"
    return f"{STAGES.get(answer.ending, answer.ending.value)} {answer.missing.value} {name}"


def _takes_any(platform: Platform) -> bool:
    """Whether the loader maps what it cannot use: what then happens is no message of its own."""
    return platform.libc == "musl"


def _providers(known: Known, program: str) -> list[str]:
    """The libraries beside the C library whose definitions the program gets."""
    names = sorted(path.rpartition("/")[2] for path in known.bindings.used.get(program, ()))
    return [f"with {name}" for name in names if name in ("liba.so", "libb.so")]


def _opened(known: Known, scenario: Scenario, program: str) -> str:
    """What becomes of dlopen."""
    host = known.tree.by_path[program]
    look = searcher(known.tree, known.resolution.platform_of[program])
    found = look.find(scenario.opens, host).path if look else None
    if found is None:
        return f"plugin library {scenario.opens}"
    unmet = [need for need in _needs(known, found) if not need.met]
    if unmet:
        return f"plugin library {unmet[0].name}"
    lacks = known.bindings.plugins.get(found)
    if lacks is None or lacks.host == program:
        return "runs"
    at_load = [lack for lack in lacks.first if lack.reference.at_load or not scenario.lazily]
    stage, first = ("plugin", at_load[0]) if at_load else ("call", lacks.first[0])
    return f"{stage} symbol {first.reference.name}"


def _needs(known: Known, path: str) -> list[Need]:
    """The needs of an image and of what they bring, breadth first."""
    return [need for image in known.resolution.closure(path) for need in known.resolution.of(known.tree.by_path[image])]

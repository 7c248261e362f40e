"""Whether a program starts in its tree, and the first thing that keeps it from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, unique

from elfkit.abi.binding import BindingRules, binding_rules
from elfkit.abi.libc import MUSL
from elfkit.facts.kind import DYNAMIC_PROGRAMS, PROGRAMS
from elfkit.firmware.bindings import Bindings, Unresolved, VersionGap
from elfkit.firmware.needs import Asker, Names, Need, Outcome
from elfkit.firmware.platforms import Platform
from elfkit.firmware.resolve import Resolution
from elfkit.firmware.search import searcher
from elfkit.firmware.startup import Start, start
from elfkit.firmware.tree import Member, Tree
from elfkit.firmware.work import Work
from elfkit.limits import DEFAULT_LIMITS, Limits


@unique
class Ending(Enum):
    """How the start of a program ends."""

    RUNS = "runs"
    FAILS = "fails"  # before the program's first instruction
    FAILS_WHEN_CALLED = "runs until it calls what is missing"
    UNKNOWN = "unknown"


@unique
class Missing(Enum):
    """What sort of thing is the first that is missing."""

    NOTHING = ""
    INTERPRETER = "interpreter"
    LIBRARY = "library"
    VERSION = "version"
    SYMBOL = "symbol"


@dataclass(frozen=True, slots=True)
class Prediction:
    """How a program starts: ``name`` is the first interpreter, library, version or symbol that is missing.

    ``image`` is the file that lacks it, ``why`` one sentence. ``later`` are the symbols that are missing when they are
    called first, and not before.
    """

    ending: Ending
    missing: Missing = Missing.NOTHING
    name: str = ""
    image: str = ""
    why: str = ""
    later: tuple[Unresolved, ...] = ()


def predict(
    tree: Tree, resolution: Resolution, bindings: Bindings, path: str, *, limits: Limits = DEFAULT_LIMITS
) -> Prediction:
    """Return how the program at ``path`` of ``tree`` starts, as its loader would tell.

    What the loader looks for comes in its order: libraries breadth first, then versions, then symbols, those of glibc
    of what an image needs before its own, those of musl from the first library on, the program last.
    """
    member = tree.member(path)
    if member is None or member.facts.kind.value not in PROGRAMS:
        return Prediction(Ending.UNKNOWN, why=f"{path} is no program of the tree")
    if member.facts.kind.value not in DYNAMIC_PROGRAMS:
        return Prediction(Ending.RUNS, why="it asks for no loader")
    platform = resolution.platform(member)
    lost = _without_loader(tree, member)
    if lost is not None or platform is None:
        return lost or Prediction(Ending.UNKNOWN, why="it fits no platform of the tree")
    rules = binding_rules(platform.libc)
    if rules is None:
        return Prediction(Ending.UNKNOWN, why=f"how {platform.interpreter} binds is not known")
    found = _start(tree, platform, member, limits)
    steps = (
        _first_library(found),
        _first_version(found, bindings, rules),
        _first_symbol(found, bindings, rules),
    )
    return next((step for step in steps if step is not None), Prediction(Ending.RUNS))


def _without_loader(tree: Tree, member: Member) -> Prediction | None:
    asked = member.facts.interpreter.value or ""
    loader = tree.member(asked)
    if loader is not None and _same_abi(loader, member):
        return None
    why = "is not in the tree" if loader is None else "is made for another machine"
    return Prediction(Ending.FAILS, Missing.INTERPRETER, asked, member.path, f"the loader {asked} {why}")


def _same_abi(one: Member, other: Member) -> bool:
    keys = [(m.facts.e_machine, m.facts.elf_class.value, m.facts.data.value) for m in (one, other)]
    return keys[0] == keys[1]


def _start(tree: Tree, platform: Platform, member: Member, limits: Limits) -> Start:
    work = Work(limits)
    asker = Asker(tree, platform, searcher(tree, platform, work), Names(tree))
    return start(member, asker, tree.by_path, work)


def _first_library(found: Start) -> Prediction | None:
    for image in found.order:
        for need in found.needs.get(image, ()):
            if need.outcome not in (Outcome.FOUND, Outcome.BUILT_IN) and not need.mapped:
                return _library(image, need)
    return None if found.whole else Prediction(Ending.UNKNOWN, why="a limit was reached")


def _library(image: str, need: Need) -> Prediction:
    why = f"{image} needs {need.name}: {need.outcome.value}"
    ending = Ending.UNKNOWN if need.met else Ending.FAILS
    return Prediction(ending, Missing.LIBRARY, need.name, image, why)


def _first_version(found: Start, bindings: Bindings, rules: BindingRules) -> Prediction | None:
    if not rules.checks_versions:
        return None
    for image in found.order:
        for gap in bindings.missing_versions.get(image, ()):
            if not gap.weak:
                return _version(image, gap, Ending.FAILS)
    return None


def _version(image: str, gap: VersionGap, ending: Ending) -> Prediction:
    why = f"{image} needs version {gap.version} of {gap.file}, {gap.provider} does not define it"
    return Prediction(ending, Missing.VERSION, gap.version, image, why)


def _first_symbol(found: Start, bindings: Bindings, rules: BindingRules) -> Prediction | None:
    program = found.order[0]
    later: list[Unresolved] = []
    called: list[Prediction] = []
    for image in _relocated(found, rules):
        for gap in bindings.unversioned.get(image, ()) if rules.checks_versions else ():
            if gap.asserts:
                end = _version(image, gap, Ending.FAILS if gap.at_load else Ending.FAILS_WHEN_CALLED)
                if gap.at_load:
                    return end
                called.append(end)
        for lack in bindings.missing(image, program):
            name = lack.reference.spelled if rules.versions else lack.reference.name
            if lack.reference.at_load:
                return Prediction(Ending.FAILS, Missing.SYMBOL, name, image, f"{image} lacks {name}")
            later.append(lack)
            called.append(_called(image, name))
    if any(image in bindings.unjudged for image in found.order):
        return Prediction(Ending.UNKNOWN, why="not all symbols could be looked for")
    return replace(called[0], later=tuple(later)) if called else None


def _called(image: str, name: str) -> Prediction:
    why = f"{image} lacks {name}, which is looked for when it is first called"
    return Prediction(Ending.FAILS_WHEN_CALLED, Missing.SYMBOL, name, image, why)


def _relocated(found: Start, rules: BindingRules) -> list[str]:
    """Return the images in the order in which the loader relocates them."""
    program, *rest = found.order
    if rules.libc == MUSL:
        return [*rest, program]
    edges = {path: [need.path for need in needs if need.loads and need.path] for path, needs in found.needs.items()}
    return [*[path for path in _dependencies_first(found.order, edges) if path != program], program]


def _dependencies_first(order: tuple[str, ...], edges: Mapping[str, list[str]]) -> list[str]:
    """Return the order of _dl_sort_maps_dfs of glibc 2.35: whatever an image needs before it, the last loaded first."""
    placed: dict[str, None] = {}
    seen: set[str] = set()
    for begin in reversed(order):
        pending = [begin]
        while pending:
            image = pending[-1]
            ahead = () if image in seen else edges.get(image, ())
            seen.add(image)
            below = [path for path in reversed(ahead) if path not in seen]
            if below:
                pending += below
                continue
            pending.pop()
            placed.setdefault(image)
    return list(placed)

"""What images call themselves (DT_SONAME), and under which names others find them."""

from __future__ import annotations

from collections.abc import Iterator

from elfkit.abi.libc import libc_of_name
from elfkit.checks.rule import TreeFacts
from elfkit.firmware.resolve import Need, Outcome
from elfkit.firmware.roles import is_loader
from elfkit.firmware.tree import Member

MARK = ".so"


def otherwise_named(member: Member, tree: TreeFacts) -> Iterator[tuple[Need, Member, str]]:
    """Yield each needed name with the library that the loader takes for it and that library's other DT_SONAME.

    C libraries are left out: they have other names on purpose, such as Alpine's libc.musl-*, uClibc's libc.so.0, the
    loader itself.
    """
    by_path = tree.tree.by_path
    for need in tree.resolution.of(member):
        provider = by_path.get(need.path) if need.path is not None else None
        if provider is None or provider.facts.soname.value == need.name:
            continue  # nearly always: nothing more is looked at
        soname = provider.facts.soname.value
        if need.outcome is not Outcome.FOUND or soname is None:
            continue
        if not (libc_of_name(soname) or libc_of_name(need.name) or is_loader(provider, tree.platforms)):
            yield need, provider, soname


def is_linker_name(name: str, soname: str) -> bool:
    """Return whether ``name`` is what linkers call the library ``soname``: the same without its version.

    >>> is_linker_name("libz.so", "libz.so.1"), is_linker_name("libz.so.1", "libz.so.1.2")
    (True, False)
    """
    return name.endswith(MARK) and soname.startswith(f"{name}.")

"""Where a platform's loader looks for everybody: its configuration, the cache made of it, its own directories."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

from elfkit.abi.interpreters import musl_arch
from elfkit.abi.ld_so_cache import UCLIBC_FLAGS, cache_flags
from elfkit.abi.library_dirs import GLIBC_HWCAPS, LEGACY_HWCAPS, hwcaps, machine_dirs
from elfkit.abi.loaders import Loader
from elfkit.firmware.ld_so_cache import LdSoCache, read_cache
from elfkit.firmware.ld_so_conf import configured_places
from elfkit.firmware.loader_dirs import system_dirs
from elfkit.firmware.paths import Ending
from elfkit.firmware.platforms import Platform
from elfkit.firmware.search_tokens import abi_of
from elfkit.firmware.tree import Tree
from elfkit.firmware.work import Work

SYSTEM_PREFIXES = ("/usr", "/lib", "/lib32", "/lib64", "/libx32")  # of loaders that have the system's configuration
SYSTEMD_UNITS = ("usr/lib/systemd/system", "lib/systemd/system", "etc/systemd/system")
LDCONFIG_AT_BOOT = "sysinit.target.wants/ldconfig.service"
MOST_CPU_DIRS, DEEPEST_CPU_DIR = 64, 4  # of one directory


class Directory(NamedTuple):
    """One directory the loader looks into, and what makes it do so.

    ``built_in`` is what DF_1_NODEFLIB leaves out. In a ``lenient`` one the loader meets ELF files alone, as it asks
    the cache that ldconfig makes. ``doubt`` says what must hold for the loader to look there, where no file tells,
    ``closed`` why the loader takes nothing from there.
    """

    path: str
    why: str
    built_in: bool = False
    lenient: bool = False
    doubt: str = ""
    closed: str = ""


class Tried(NamedTuple):
    """One path the loader tried and what became of it."""

    path: str
    outcome: str


class SystemPlaces(NamedTuple):
    """What serves every image of a platform.

    ``directories`` are searched in this order, after the ``cache`` if there is one; ``doubtful`` ones last.
    ``unlisted`` are configured, and not looked into because the cache is asked. ``notes`` tell of configuration that
    is not used, ``whole`` whether all of it was read. ``stated`` are the directories that the loader's own bytes name.
    """

    directories: tuple[Directory, ...]
    doubtful: tuple[Directory, ...] = ()
    cache: LdSoCache | None = None
    cache_path: str = ""
    unlisted: tuple[Directory, ...] = ()
    notes: tuple[Tried, ...] = ()
    whole: bool = True
    stated: tuple[str, ...] = ()


def config_path(row: Loader, interpreter: str) -> str:
    """Return the file that tells a loader, by the path programs ask for it, where else to look; "" without one."""
    return _filled(row.config, interpreter)


def _filled(template: str, interpreter: str, elf_class: int = 32) -> str:
    prefix = posixpath.dirname(posixpath.dirname(interpreter)).rstrip("/")
    opt = "" if prefix.startswith(SYSTEM_PREFIXES) else prefix
    lib = "lib64" if elf_class == 64 else "lib"
    return template.format(prefix=prefix, opt=opt, arch=musl_arch(interpreter), lib=lib)


def system_file(tree: Tree, platform: Platform, template: str) -> str:
    """Return where a file of the loader's configuration lies: below its prefix, else in the system's /etc."""
    path = _filled(template, platform.interpreter)
    if "{opt}" in template and tree.paths.follow(path).path is None:
        return template.format(opt="")
    return path


def system_places(tree: Tree, platform: Platform, row: Loader, work: Work) -> SystemPlaces:
    """Return where the loader of ``platform`` looks for what no image's own path leads to."""
    return _Reader(tree, platform, row, work).places()


class _Reader:
    """Reads one platform's configuration."""

    def __init__(self, tree: Tree, platform: Platform, row: Loader, work: Work) -> None:
        self.tree = tree
        self.platform = platform
        self.row = row
        self.work = work
        self.whole = True
        self.notes: list[Tried] = []
        self.stated = self._stated() if row.machine_dirs else ()

    def places(self) -> SystemPlaces:
        row = self.row
        configured, present = self._configured()
        if present and row.config_replaces_defaults:
            return SystemPlaces(_once(configured), whole=self.whole)
        built_in = self._built_in()
        doubtful = [Directory(self._fill(d), "built into some loaders", doubt=BUILD) for d in row.optional_dirs]
        doubtful += self._apexes() if row.namespaces else []
        cache_path = system_file(self.tree, self.platform, row.cache)
        cache = self._cache(cache_path) if row.cache else None
        if cache is not None:
            again = [d._replace(doubt=AT_BOOT) for d in configured] if self._renewed() else []
            unlisted = tuple(configured) if not again else ()
            return self._all(built_in, [*again, *doubtful])._replace(
                cache=cache, cache_path=cache_path, unlisted=unlisted
            )
        if row.old_cache:
            return self._all(built_in, [*(d._replace(doubt=NO_CACHE) for d in configured), *doubtful])
        # without a cache the loader opens what lies in its own directories itself; ld.so.conf is ldconfig's alone
        later = bool(row.cache) and self._renewed()
        configured = [d._replace(lenient=bool(row.cache)) for d in configured]
        return self._all([*configured, *[d._replace(lenient=later) for d in built_in]], doubtful)

    def _all(self, directories: Iterable[Directory], doubtful: Iterable[Directory]) -> SystemPlaces:
        return SystemPlaces(
            _once(directories), tuple(doubtful), notes=tuple(self.notes), whole=self.whole, stated=self.stated
        )

    def _fill(self, template: str) -> str:
        return _filled(template, self.platform.interpreter, self.platform.elf_class)

    def _built_in(self) -> list[Directory]:
        row, platform = self.row, self.platform
        places = [self._fill(place) for place in row.default_dirs]
        if self.stated:
            return [Directory(place, "built into the loader", built_in=True) for place in self.stated]
        if row.machine_dirs:
            places = [*machine_dirs(*abi_of(platform)), *places]
        own = posixpath.dirname(f"/{platform.loader}") if platform.loader else ""
        if row.own_directory and own and own not in places:
            # glibc's slibdir: lib32 of a biarch system, Entware's /opt/lib
            places = [own, f"/usr{own}", *places] if row.machine_dirs else [own, *places]
        return [Directory(place, "built into the loader", built_in=True) for place in places]

    def _stated(self) -> tuple[str, ...]:
        """Return the directories that glibc's loader names in its own bytes."""
        raw = self.tree.read_file(self.platform.loader, self.work.limits) if self.platform.loader else None
        return system_dirs(raw) if raw is not None else ()

    def _configured(self) -> tuple[list[Directory], bool]:
        """Return the directories that the loader's configuration names, and whether there is one."""
        if not self.row.config:
            return [], False
        path = system_file(self.tree, self.platform, self.row.config)
        text = self.tree.read_text(path)
        if text is None:
            return [], self.row.config_replaces_defaults and self._stands_empty(path)
        if self.row.config_separators:
            places = _split(text, self.row)
        else:
            places, self.whole = configured_places(self.tree, path, text, self.work)
        return [Directory(place, path) for place in places if place], True

    def _stands_empty(self, path: str) -> bool:
        """Return whether a path file that could not be read leaves musl with an empty list (fopen fails, not ENOENT).

        What only this process may not read is read on the device: then the configuration is not known.
        """
        found, ending, _ = self.tree.paths.follow(path)
        if found in self.tree.paths.others:
            self.whole = False
        return found in self.tree.paths.directories or ending in EMPTY_ENDINGS

    def _apexes(self) -> list[Directory]:
        """Return where APEX packages keep their libraries: a configuration made at run time links some namespaces."""
        packages = [link for link in self.tree.paths.links if link.startswith("apex/")]
        if self.tree.paths.follow(ANY_APEX).ending is Ending.ASSUMED:
            packages.append(ANY_APEX)
        return [Directory(f"/{package}/{self._fill('{lib}')}", "an APEX package", doubt=APEX) for package in packages]

    def _cache(self, path: str) -> LdSoCache | None:
        raw = self.tree.read_file(path, self.work.limits)
        if raw is None:
            return None
        if len(raw) >= self.work.limits.config_bytes:
            self.work.cut("config_bytes", path.lstrip("/"), "it was not used: the directories of ld.so.conf were")
            return None
        cache = read_cache(raw, self.platform.data, old=self.row.old_cache)
        elf_class = abi_of(self.platform)[1]
        flags = cache_flags(self.platform.e_machine, elf_class, self.platform.variant, self.platform.float_abi)
        fitting = cache.fitting(UCLIBC_FLAGS if self.row.old_cache else flags)
        if not fitting.entries:
            self.notes.append(Tried(path, f"not used: {cache.fault or 'it lists nothing for this ABI'}"))
            return None
        return fitting

    def _renewed(self) -> bool:
        return any(
            f"{units}/{LDCONFIG_AT_BOOT}" in names
            for units in SYSTEMD_UNITS
            for names in (self.tree.paths.links, self.tree.paths.others)
        )


EMPTY_ENDINGS = (Ending.LOOP, Ending.NOT_A_DIRECTORY)
BUILD = "if the loader was built to look there"
AT_BOOT = "if ldconfig, which systemd starts, lists it in ld.so.cache"
APEX, ANY_APEX = "if linkerconfig links its namespace", "apex/*"
NO_CACHE = "if ldconfig makes a cache of it and the loader reads that"


def _split(text: str, row: Loader) -> list[str]:
    if not row.config_replaces_defaults:  # musl's file has no comments
        text = re.sub("#[^\n]*", "", text)
    return re.split(f"[{row.config_separators}]+", text)


def _once(directories: Iterable[Directory]) -> tuple[Directory, ...]:
    first: dict[str, Directory] = {}
    for directory in directories:
        first.setdefault(directory.path, directory)
    return tuple(first.values())


class CpuDirectories:
    """The subdirectories of a tree that only some CPUs look into, by the directory they serve."""

    def __init__(self, tree: Tree, e_machine: int) -> None:
        self._paths = tree.paths
        self._below: dict[str, list[tuple[str, str]]] = {}
        modern = hwcaps(e_machine)
        for path in tree.paths.directories:
            parent, _, name = path.rpartition("/")
            if name in modern and parent.endswith(GLIBC_HWCAPS):
                self._add(parent.rpartition("/")[0], path, f"on CPUs with {name}")
            elif name in LEGACY_HWCAPS:
                self._add_legacy(path)
        for found in self._below.values():
            found.sort(reverse=True)

    def __bool__(self) -> bool:
        return bool(self._below)

    def _add_legacy(self, path: str) -> None:
        here, names = path, ""
        while here.rpartition("/")[2] in LEGACY_HWCAPS and names.count("/") < DEEPEST_CPU_DIR:
            here, _, name = here.rpartition("/")
            names = f"{name}/{names}".rstrip("/")
            self._add(here, path, f"on CPUs with {names}, before glibc 2.37")

    def _add(self, serves: str, path: str, when: str) -> None:
        found = self._below.setdefault(serves, [])
        if len(found) < MOST_CPU_DIRS:
            found.append((path, when))

    def of(self, directory: Directory) -> list[Directory]:
        """Return the subdirectories of ``directory`` that some CPUs look into before it."""
        real = self._paths.follow(directory.path).path
        below = self._below.get(real or "", ()) if real is not None else ()
        return [Directory(f"/{path}", directory.why, directory.built_in, doubt=when) for path, when in below]

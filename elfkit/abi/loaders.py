"""Dynamic loaders as rows: where each looks for a library, and what it never looks for.

Only `firmware.search*` acts on these rows. Another libc's loader is one more row in LOADERS.
"""

from typing import NamedTuple


class Loader(NamedTuple):
    """How one libc's loader finds what DT_NEEDED names.

    Directories are those of the root, beginning with "/". In them ``{prefix}`` is the interpreter's path without its
    last two components, ``{arch}`` what follows ld-musl-, ``{opt}`` the prefix of a loader outside of the system's own
    directories (/opt of Entware), ``{lib}`` lib or lib64 by class.
    """

    libc: str
    default_dirs: tuple[str, ...]
    """Searched last, in this order, on every machine."""
    source: str
    rpath_heeded: bool = True
    """DT_RPATH is looked at."""
    rpath_inherited: bool = False
    """DT_RPATH serves what the needed libraries need as well."""
    runpath_inherited: bool = False
    rpath_ignored_if_runpath: bool = False
    """An object with DT_RUNPATH has no DT_RPATH, its own or inherited."""
    passes_over: tuple[str, ...] = ()
    """After what the search goes on: files of another ``machine`` (class, byte order), ``variant`` or ``float`` ABI,
    ``no ELF`` files, a ``loop`` of links. Anything else that can be opened is taken, whatever it is."""
    tokens: tuple[str, ...] = ("ORIGIN",)
    """What is expanded after "$" in RPATH and RUNPATH, with or without braces."""
    token_leads: bool = False
    """A token is expanded at the beginning of an element alone, without braces."""
    unknown_token_voids_path: bool = False
    """One "$" that is no known token makes the whole RPATH or RUNPATH be ignored."""
    tokens_in_needed: bool = False
    """They are expanded in a DT_NEEDED name too."""
    reuses_sonames: bool = False
    """A needed name that is the DT_SONAME of an image loaded before is that image, whatever its file is called."""
    searches_name_of_path: bool = False
    """Where a needed name with a slash is no file, what follows the last slash is searched for."""
    heeds_nodeflib: bool = False
    """DF_1_NODEFLIB keeps the default directories from being searched."""
    config: str = ""
    """File that adds or replaces directories."""
    config_separators: str = ""
    """What stands between its directories, where that is not glibc's ld.so.conf with its includes."""
    config_replaces_defaults: bool = False
    """The configured directories take the place of the default ones, even when the file is empty."""
    cache: str = ""
    """What ldconfig makes of the configuration: where it is there, the loader asks it and not the configuration."""
    old_cache: bool = False
    """Of the two formats of a cache the loader reads the older one."""
    preload: str = ""
    """File whose libraries every program loads first."""
    own_directory: bool = False
    """The directory of the loader itself is searched before the default ones."""
    machine_dirs: bool = False
    """Directories by machine are searched before the default ones: `library_dirs.machine_dirs`."""
    cpu_dirs: bool = False
    """Subdirectories by CPU are looked into: `library_dirs.HWCAPS`."""
    optional: tuple[str, ...] = ()
    """What only some builds of the loader do: RUNPATH, cache."""
    optional_dirs: tuple[str, ...] = ()
    """What only some builds search, last of all."""
    namespaces: bool = False
    """Directories belong to namespaces, which a configuration of the linker tells: `firmware.namespaces`."""
    builtin_prefixes: tuple[str, ...] = ()
    """A needed name that begins so is the loader itself: no file is looked for."""
    replaces_libc: bool = False
    """A C library found under another name is not loaded: the loader stands in for it."""
    checks_versions: bool = False
    """A missing symbol version is an error."""


NEVER_FILES: tuple[str, ...] = ("linux-vdso.so.1", "linux-vdso32.so.1", "linux-vdso64.so.1", "linux-gate.so.1")
"""SONAMEs of the vDSO, which the kernel maps: no tree holds them."""

LOADERS: tuple[Loader, ...] = (
    Loader(
        libc="glibc",
        default_dirs=("/lib", "/usr/lib"),
        source="glibc elf/dl-load.c _dl_map_new_object, open_verify; elf/dl-cache.c; elf/rtld.c do_preload",
        rpath_inherited=True,
        rpath_ignored_if_runpath=True,
        passes_over=("machine", "variant", "float"),
        tokens=("ORIGIN", "LIB", "PLATFORM"),
        tokens_in_needed=True,
        reuses_sonames=True,
        heeds_nodeflib=True,
        config="{opt}/etc/ld.so.conf",
        cache="{opt}/etc/ld.so.cache",
        preload="{opt}/etc/ld.so.preload",
        own_directory=True,
        machine_dirs=True,
        cpu_dirs=True,
        checks_versions=True,
    ),
    Loader(
        libc="musl",
        default_dirs=("/lib", "/usr/local/lib", "/usr/lib"),
        source="musl ldso/dynlink.c load_library, fixup_rpath, map_library",
        rpath_inherited=True,
        runpath_inherited=True,
        # of one object; each ancestor then speaks with its own path again
        rpath_ignored_if_runpath=True,
        unknown_token_voids_path=True,
        config="{prefix}/etc/ld-musl-{arch}.path",
        config_separators=":\n",  # blanks and all
        config_replaces_defaults=True,
        builtin_prefixes=("libc.", "libpthread.", "librt.", "libm.", "libdl.", "libutil.", "libxnet."),
        replaces_libc=True,
    ),
    Loader(
        libc="uclibc",
        default_dirs=("{prefix}/lib", "{prefix}/usr/lib"),
        source="uclibc-ng ldso/ldso/dl-elf.c _dl_load_shared_library; utils/ldconfig.c; extra/Configs/Config.in",
        passes_over=("machine", "no ELF", "loop"),
        token_leads=True,
        searches_name_of_path=True,
        config="{prefix}/etc/ld.so.conf",
        config_separators=":, \t\n",
        cache="{prefix}/etc/ld.so.cache",
        old_cache=True,
        own_directory=True,
        optional=("RUNPATH", "cache"),
        optional_dirs=("{prefix}/{lib}", "{prefix}/usr/{lib}", "{prefix}/usr/X11R6/lib"),
    ),
    Loader(
        libc="bionic",
        default_dirs=("/system/{lib}", "/odm/{lib}", "/vendor/{lib}"),
        source="bionic linker/linker.cpp, linker_config.cpp",
        rpath_heeded=False,
        passes_over=("loop",),
        tokens=("ORIGIN", "LIB", "PLATFORM"),
        reuses_sonames=True,
        namespaces=True,
        checks_versions=True,
    ),
)


def loader(libc: str) -> Loader | None:
    """The row of a libc's loader; None where its rules are not known here."""
    for row in LOADERS:
        if row.libc == libc:
            return row
    return None

"""Libraries of the C and C++ implementations: whose versions are whose, and what glibc itself is made of."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import NamedTuple


class Runtime(NamedTuple):
    """A run-time library with symbol versions: how these begin, and the names of the files that define them."""

    title: str
    prefixes: tuple[str, ...]
    files: tuple[str, ...]
    source: str


GLIBC_RUNTIME = Runtime(
    "glibc",
    ("GLIBC_",),
    (
        *("libc.so.*", "libm.so.*", "libpthread.so.*", "libdl.so.*", "librt.so.*", "libutil.so.*", "libresolv.so.*"),
        *("libanl.so.*", "libnsl.so.1", "libcrypt.so.1", "ld-linux*", "ld.so.*", "ld64.so.*", "libmvec.so.1"),
    ),
    "glibc shlib-versions; the Versions files of its directories",
)
CXX_RUNTIME = Runtime(
    "GCC's run-time libraries",
    ("GLIBCXX_", "CXXABI_", "GCC_", "GLIBC_"),  # libgcc_s has versions named GLIBC_2.0 of its own
    ("libstdc++.so.*", "libgcc_s.so.*"),
    "GCC libstdc++-v3/config/abi/pre/gnu.ver; libgcc/libgcc-std.ver.in",
)
ABI_GATE = "GLIBC_ABI_"
"""Versions that stand for what a loader can do (GLIBC_ABI_DT_RELR), not for symbols."""


def defines(runtime: Runtime, file: str, version: str) -> bool:
    """Return whether ``version`` of ``file`` is one of the runtime's."""
    name = posixpath.basename(file)
    return version.startswith(runtime.prefixes) and any(fnmatchcase(name, pattern) for pattern in runtime.files)


# What the glibc package installs besides: it shares GLIBC_PRIVATE with its C library, which it comes with.
GLIBC_MEMBERS: tuple[str, ...] = (
    *GLIBC_RUNTIME.files,
    *("libnss_compat.so.*", "libnss_dns.so.*", "libnss_files.so.*", "libnss_hesiod.so.*", "libnss_nis.so.*"),
    *("libnss_nisplus.so.*", "libnss_db.so.*", "libthread_db.so.*", "libBrokenLocale.so.*", "libcidn.so.*"),
    *("libc_malloc_debug.so.*", "libmemusage.so", "libpcprofile.so", "libSegFault.so", "sotruss-lib.so"),
    *(
        "gencat",
        "getconf",
        "getent",
        "iconv",
        "iconvconfig",
        "ldconfig",
        "locale",
        "localedef",
        "makedb",
        "nscd",
        "pldd",
    ),
    *("sln", "sprof", "zdump", "zic", "rpcgen", "pt_chown"),
    # the libraries as they were called until 2.33: libc-2.31.so
    *("libc-2*.so", "libm-2*.so", "ld-2*.so", "libpthread-2*.so", "libdl-2*.so", "librt-2*.so", "libutil-2*.so"),
    *("libresolv-2*.so", "libanl-2*.so", "libnsl-2*.so", "libnss_*-2*.so", "libmvec-2*.so", "libcrypt-2*.so"),
    *("libthread_db-1.0.so", "libBrokenLocale-2*.so", "libcidn-2*.so"),
)
GCONV_DIRECTORY = "/gconv/"  # of glibc's character sets


def belongs_to_glibc(path: str) -> bool:
    """Return whether a file of a tree is one that the glibc package installs, by its name.

    >>> belongs_to_glibc("usr/lib/gconv/UTF-16.so"), belongs_to_glibc("usr/bin/tool")
    (True, False)
    """
    name = posixpath.basename(path)
    return GCONV_DIRECTORY in f"/{path}" or any(fnmatchcase(name, pattern) for pattern in GLIBC_MEMBERS)


class HostSymbols(NamedTuple):
    """Symbols that a library leaves to the program that opens it, by the library's name and their beginning."""

    file: str
    prefix: str
    source: str


HOST_SYMBOLS: tuple[HostSymbols, ...] = (
    HostSymbols("libthread_db.so.*", "ps_", "glibc nptl_db/proc_service.h: what the debugger defines that opens it"),
    HostSymbols("libthread_db-1.0.so", "ps_", "the same file, as it was called until glibc 2.33"),
)


def left_to_host(path: str, symbol: str) -> bool:
    """Return whether the library at ``path`` leaves ``symbol`` to who opens it."""
    name = posixpath.basename(path)
    return any(fnmatchcase(name, row.file) and symbol.startswith(row.prefix) for row in HOST_SYMBOLS)

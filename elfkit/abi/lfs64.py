"""Names of the large-file interface that musl's loader answers with the plain function (ldso/dynlink.c, get_lfs64).

Since 1.2.4 (2023-05-01) musl's libc.so exports none of them; programs linked with an older one still start.
"""

from __future__ import annotations

# fmt: off
_STEMS = (
    "aio_cancel", "aio_error", "aio_fsync", "aio_read", "aio_return", "aio_suspend", "aio_write", "alphasort",
    "creat", "fallocate", "fgetpos", "fopen", "freopen", "fseeko", "fsetpos", "fstat", "fstatat", "fstatfs",
    "fstatvfs", "ftello", "ftruncate", "ftw", "getdents", "getrlimit", "glob", "globfree", "lio_listio", "lockf",
    "lseek", "lstat", "mkostemp", "mkostemps", "mkstemp", "mkstemps", "mmap", "nftw", "open", "openat",
    "posix_fadvise", "posix_fallocate", "pread", "preadv", "prlimit", "pwrite", "pwritev", "readdir", "scandir",
    "sendfile", "setrlimit", "stat", "statfs", "statvfs", "tmpfile", "truncate", "versionsort", "__fxstat",
    "__fxstatat", "__lxstat", "__xstat",
)
# fmt: on

LFS64_NAMES = frozenset([*[f"{stem}64" for stem in _STEMS], "readdir64_r"])

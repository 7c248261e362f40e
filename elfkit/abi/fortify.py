"""Functions that a C library has twice: plain, and with a check of the buffer's size (glibc debug/Versions)."""

FORTIFIABLE: frozenset[str] = frozenset(
    {
        *("memcpy", "memmove", "mempcpy", "memset", "strcpy", "stpcpy", "strncpy", "stpncpy", "strcat", "strncat"),
        *("sprintf", "snprintf", "vsprintf", "vsnprintf", "asprintf", "vasprintf", "printf", "fprintf", "vprintf"),
        *("vfprintf", "dprintf", "vdprintf", "syslog", "vsyslog", "fgets", "fgets_unlocked", "fread", "fread_unlocked"),
        *("gets", "read", "pread", "pread64", "recv", "recvfrom", "readlink", "readlinkat", "getcwd", "getwd"),
        *("confstr", "getgroups", "ttyname_r", "gethostname", "getdomainname", "ptsname_r", "realpath", "poll"),
        *("ppoll", "wcscpy", "wcsncpy", "wcscat", "wcsncat", "wmemcpy", "wmemmove", "wmemset", "swprintf", "vswprintf"),
    }
)


def checked_name(name: str) -> str:
    """Return what the checking function is called.

    >>> checked_name("memcpy")
    '__memcpy_chk'
    """
    return f"__{name}_chk"

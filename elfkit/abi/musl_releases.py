"""Which release of musl brought which symbol, and which one took it away again.

musl has no symbol versions: what its libc.so exports tells its release, and what a program asks for the release that it
was linked with. The exports of 23 releases from 1.0.5 to 1.2.6, built for x86-64, and of 8 from 1.1.16 on, built for
mips32, as `nm -D` shows them; names that all have are left out.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

INTRODUCED: tuple[tuple[str, str], ...] = (
    (
        "1.1.0",
        """
        __flush_on_exit __hcreate_r __hdestroy_r __hsearch_r __init_tp __lsysinfo __seek_on_exit __sigsetjmp
        __towrite_used __vdsosym __yield getauxval hcreate_r hdestroy_r hsearch_r
        """,
    ),
    (
        "1.1.4",
        """
        __dns_parse __futimesat __gettextdomain __inet_aton __isalnum_l __isalpha_l __isblank_l __iscntrl_l __isdigit_l
        __isgraph_l __islower_l __isprint_l __ispunct_l __isspace_l __isupper_l __iswalnum_l __iswalpha_l __iswblank_l
        __iswcntrl_l __iswdigit_l __iswgraph_l __iswlower_l __iswprint_l __iswpunct_l __iswspace_l __iswupper_l
        __iswxdigit_l __isxdigit_l __lctrans __lctrans_cur __lctrans_impl __lookup_ipliteral __lookup_name __lookup_serv
        __mo_lookup __pleval __res_mkquery __res_msend __res_query __res_send __rtnetlink_enumerate __setlocalecat
        __strcasecmp_l __strerror_l __strncasecmp_l __syscall_cp_c __sysv_signal __tlsdesc_dynamic __tlsdesc_static
        __tolower_l __toupper_l __towctrans_l __wctrans_l __xmknod __xmknodat _dlstart dummy execvpe ffsl ffsll fmtmsg
        issetugid recvmmsg res_mkquery res_querydomain res_send sendmmsg
        """,
    ),
    (
        "1.1.6",
        """
        __do_orphaned_stdio_locks __do_private_robust_list __getopt_msg __mprotect __private_cond_signal
        __pthread_cond_timedwait __pthread_create __pthread_exit __pthread_join __pthread_key_create
        __pthread_key_delete __pthread_mutex_lock __pthread_mutex_timedlock __pthread_mutex_trylock
        __pthread_mutex_trylock_owner __pthread_mutex_unlock __pthread_once __pthread_once_full __pthread_setcancelstate
        __pthread_testcancel __realloc_dep __unlist_locked_file _ns_flagdata aio_cancel64 aio_error64 aio_fsync64
        aio_read64 aio_return64 aio_suspend64 aio_write64 c16rtomb c32rtomb call_once cnd_broadcast cnd_destroy cnd_init
        cnd_signal cnd_timedwait cnd_wait lio_listio64 login_tty malloc_usable_size mbrtoc16 mbrtoc32 mtx_destroy
        mtx_init mtx_lock mtx_timedlock mtx_trylock mtx_unlock ns_get16 ns_get32 ns_initparse ns_name_uncompress
        ns_parserr ns_put16 ns_put32 ns_skiprr thrd_create thrd_current thrd_detach thrd_equal thrd_exit thrd_join
        thrd_sleep thrd_yield timespec_get tss_create tss_delete tss_get tss_set versionsort64
        """,
    ),
    (
        "1.1.8",
        """
        __aio_close __aio_fut __block_new_threads __cp_cancel __flt_rounds __getgr_a __getpw_a __nscd_query
        __timedwait_cp get_avphys_pages get_nprocs get_nprocs_conf get_phys_pages
        """,
    ),
    ("1.1.10", "__c_dot_utf8 __dl_thread_cleanup __dls2 __dls3 __get_locale __loc_is_allocated __vm_wait"),
    (
        "1.1.14",
        """
        __c_dot_utf8_locale __c_locale __expand_heap __get_resolv_conf __libc_exit_fini __libc_start_init __malloc0
        __ofl_add __ofl_lock __ofl_unlock __res_msend_rc __utmpxname _fini _init utmpname utmpxname
        """,
    ),
    ("1.1.15", "__pthread_timedjoin_np __pthread_tryjoin_np pthread_timedjoin_np pthread_tryjoin_np sched_getcpu"),
    (
        "1.1.16",
        """
        __default_guardsize __default_stacksize pthread_getattr_default_np pthread_setattr_default_np pthread_setname_np
        """,
    ),
    ("1.1.18", "__env_rm_add"),
    ("1.1.19", "__utc fopencookie"),
    (
        "1.1.20",
        """
        __malloc_donate __register_locked_file dummy_lock explicit_bzero getentropy getrandom memfd_create mlock2
        """,
    ),
    ("1.1.21", "__dls2b name_to_handle_at open_by_handle_at"),
    ("1.1.22", "membarrier"),
    (
        "1.1.24",
        """
        copy_file_range posix_spawn_file_actions_addchdir_np posix_spawn_file_actions_addfchdir_np secure_getenv
        """,
    ),
    ("1.2.2", "_Fork gettid reallocarray tcgetwinsize tcsetwinsize"),
    ("1.2.3", "pthread_getname_np qsort_r"),
    ("1.2.5", "preadv2 pwritev2 statx"),
    ("1.2.6", "__getauxval posix_getdents renameat2"),
)
"""Release and the names that it is the first to export, on every machine."""

INTRODUCED_TIME64: tuple[tuple[str, str], ...] = (
    (
        "1.2.0",
        """
        __adjtime64 __adjtimex_time64 __aio_suspend_time64 __clock_adjtime64 __clock_getres_time64 __clock_gettime64
        __clock_nanosleep_time64 __clock_settime64 __cnd_timedwait_time64 __ctime64 __ctime64_r __difftime64
        __dlsym_time64 __fstat_time64 __fstatat_time64 __ftime64 __futimens_time64 __futimes_time64 __futimesat_time64
        __getitimer_time64 __getrusage_time64 __gettimeofday_time64 __gmtime64 __gmtime64_r __localtime64
        __localtime64_r __lstat_time64 __lutimes_time64 __mktime64 __mq_timedreceive_time64 __mq_timedsend_time64
        __mtx_timedlock_time64 __nanosleep_time64 __ppoll_time64 __pselect_time64 __pthread_cond_timedwait_time64
        __pthread_mutex_timedlock_time64 __pthread_rwlock_timedrdlock_time64 __pthread_rwlock_timedwrlock_time64
        __pthread_timedjoin_np_time64 __recvmmsg_time64 __sched_rr_get_interval_time64 __select_time64
        __sem_timedwait_time64 __semtimedop_time64 __setitimer_time64 __settimeofday_time64 __sigtimedwait_time64
        __stat_time64 __stime64 __thrd_sleep_time64 __time64 __timegm_time64 __timer_gettime64 __timer_settime64
        __timerfd_gettime64 __timerfd_settime64 __timespec_get_time64 __utime64 __utimensat_time64 __utimes_time64
        __wait3_time64 __wait4_time64
        """,
    ),
    ("1.2.5", "__ehdr_start"),
)
"""The same for machines that had a 32-bit time_t: the names that take a 64-bit one (1.2.0: _REDIR_TIME64)."""

LAST_EXPORTED: tuple[tuple[str, str], ...] = (
    ("1.0.5", "__cgt __install_initial_tls __pthread_self_def __pthread_self_init __vdso_clock_gettime"),
    (
        "1.1.0",
        """
        __dns_count_addrs __dns_doqueries __dns_get_rr __dns_query __flush_on_exit __init_security __ipparse
        __seek_on_exit __towrite_used __yield _start
        """,
    ),
    ("1.1.4", "dummy"),
    ("1.1.6", "__aio_wake"),
    (
        "1.1.8",
        """
        __cancel __cp_begin __cp_cancel __cp_end __dlsym __do_private_robust_list __dynlink __hwcap __setlocalecat
        __syscall_cp_asm __syscall_cp_c __sysinfo __tlsdesc_dynamic __tlsdesc_static __vm_lock_impl __vm_unlock_impl
        """,
    ),
    ("1.1.10", "__dladdr __dlinfo __dls2 __libc_get_version __simple_malloc"),
    ("1.1.15", "__restore"),
    ("1.1.16", "__env_map"),
    ("1.1.18", "__gmt"),
    ("1.1.19", "__brk __malloc0"),
    (
        "1.1.20",
        """
        __acquire_ptc __aio_close __aio_fut __asctime __block_all_sigs __block_app_sigs __block_new_threads __c_dot_utf8
        __c_dot_utf8_locale __c_locale __clock_gettime __clone __copy_tls __cos __cosdf __cosl __crypt_blowfish
        __crypt_des __crypt_md5 __crypt_r __crypt_sha256 __crypt_sha512 __default_guardsize __default_stacksize
        __des_setkey __dl_thread_cleanup __dn_comp __dn_expand __dns_parse __do_cleanup_pop __do_cleanup_push __do_des
        __do_orphaned_stdio_locks __dup3 __env_rm_add __execvpe __expand_heap __expo2 __expo2f __fclose_ca __fdopen
        __fesetround __floatscan __fmodeflags __fopen_rb_ca __fork_handler __fseeko __fseeko_unlocked __fstatfs __ftello
        __ftello_unlocked __funcs_on_exit __funcs_on_quick_exit __futex __futimesat __fwritex __get_handler_set
        __get_locale __get_resolv_conf __getdents __getgr_a __getgrent_a __getopt_msg __getpw_a __getpwent_a
        __gettextdomain __gmtime_r __hcreate_r __hdestroy_r __hsearch_r __inet_aton __inhibit_ptc __init_libc __init_ssp
        __init_tls __init_tp __intscan __lctrans __lctrans_cur __lctrans_impl __ldexp_cexp __ldexp_cexpf __lgamma_r
        __lgammaf_r __libc_exit_fini __libc_sigaction __libc_start_init __loc_is_allocated __localtime_r
        __lookup_ipliteral __lookup_name __lookup_serv __lsysinfo __madvise __malloc_donate __map_file __memalign
        __memrchr __mkostemps __mmap __mo_lookup __month_to_secs __mprotect __mremap __munmap __nscd_query __ofl_add
        __ofl_lock __ofl_unlock __p1evll __parsespent __pleval __polevll __posix_spawnx __private_cond_signal
        __procfdname __pthread_cond_timedwait __pthread_create __pthread_exit __pthread_join __pthread_key_create
        __pthread_key_delete __pthread_mutex_lock __pthread_mutex_timedlock __pthread_mutex_trylock
        __pthread_mutex_trylock_owner __pthread_mutex_unlock __pthread_once __pthread_once_full __pthread_setcancelstate
        __pthread_testcancel __pthread_timedjoin_np __pthread_tryjoin_np __pthread_tsd_main __pthread_tsd_run_dtors
        __pthread_tsd_size __ptsname_r __putenv __rand48_step __randname __realloc_dep __register_locked_file
        __release_ptc __rem_pio2 __rem_pio2_large __rem_pio2f __rem_pio2l __res_mkquery __res_msend __res_msend_rc
        __res_query __res_send __reset_tls __restore_rt __restore_sigs __rtnetlink_enumerate __secs_to_tm __secs_to_zone
        __seed48 __set_thread_area __setrlimit __setxid __shgetc __shlim __shm_mapname __sigaction __sin __sindf __sinl
        __statfs __stderr_used __stdin_used __stdio_close __stdio_exit __stdio_exit_needed __stdio_read __stdio_seek
        __stdio_write __stdout_used __stdout_write __stpcpy __stpncpy __strchrnul __strdup __strftime_fmt_1 __strftime_l
        __string_read __synccall __tan __tandf __tanl __testcancel __timedwait __timedwait_cp __tm_to_secs
        __tm_to_tzname __toread __toread_needs_stdio_exit __towrite __towrite_needs_stdio_exit __tre_mem_alloc_impl
        __tre_mem_destroy __tre_mem_new_impl __tzset __unlist_locked_file __unmapself __utc __utmpxname __vdsosym
        __vfork __vm_lock __vm_unlock __vm_wait __vsyslog __wait __year_to_secs
        """,
    ),
    ("1.1.23", "dummy_lock"),
    (
        "1.2.3",
        """
        __fxstat64 __fxstatat64 __lxstat64 __xstat64 aio_cancel64 aio_error64 aio_fsync64 aio_read64 aio_return64
        aio_suspend64 aio_write64 alphasort64 creat64 fallocate64 fgetpos64 fopen64 freopen64 fseeko64 fsetpos64 fstat64
        fstatat64 fstatfs64 fstatvfs64 ftello64 ftruncate64 ftw64 getdents64 getrlimit64 glob64 globfree64 lio_listio64
        lockf64 lseek64 lstat64 mkostemp64 mkostemps64 mkstemp64 mkstemps64 mmap64 nftw64 open64 openat64
        posix_fadvise64 posix_fallocate64 pread64 preadv64 prlimit64 pwrite64 pwritev64 readdir64 readdir64_r scandir64
        sendfile64 setrlimit64 stat64 statfs64 statvfs64 tmpfile64 truncate64 versionsort64
        """,
    ),
)
"""Release and the names that it is the last to export. 1.1.21 hid what was internal, 1.2.4 the LFS64 names."""


class Release(NamedTuple):
    """What is known of a musl's release: it is at least ``first``, and older than ``before`` ("" where not known)."""

    first: str
    before: str


def introduced_in(name: str) -> str:
    """Return the release that first exports ``name``; "" where all known ones do, or none does.

    >>> introduced_in("reallocarray"), introduced_in("__clock_gettime64"), introduced_in("puts")
    ('1.2.2', '1.2.0', '')
    """
    return _introductions().get(name, "")


def last_exported_in(name: str) -> str:
    """Return the last release that exports ``name``; "" where it still does, or none ever did."""
    return _removals().get(name, "")


@cache
def _introductions() -> dict[str, str]:
    return {name: release for release, names in (*INTRODUCED, *INTRODUCED_TIME64) for name in names.split()}


@cache
def _removals() -> dict[str, str]:
    return {name: release for release, names in LAST_EXPORTED for name in names.split()}


def release_number(release: str) -> tuple[int, ...]:
    """Return a release as numbers, which compare as releases do.

    >>> release_number("1.1.9") < release_number("1.1.24")
    True
    """
    return tuple(int(part) for part in release.split("."))


def release_of(strings: bytes) -> Release:
    """Return what the dynamic string table of a libc.so tells of its release.

    A name that one release brought is there from then on, unless it was taken away; one that is not there was not yet.
    """
    first, before = "", ""
    for release, names in INTRODUCED:
        lasting = [name for name in names.split() if name not in _removals()]
        there = [b"\0" + name.encode() + b"\0" in strings for name in lasting]
        if there and all(there):
            first = release
        elif there and not any(there) and not before:
            before = release
    return Release(first, before)

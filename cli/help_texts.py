"""What the help says before and after the options: descriptions, examples, exit codes."""

DESCRIPTION = """\
Says what in firmware will not run, and proves it.
For any CPU, from any host, without section headers."""

EPILOG = """\
examples:
  elfkit check rootfs/                    what in this unpacked root cannot run
  elfkit check ./newprog --root rootfs/   would this program start there?
  elfkit check rootfs/ --fail-on warning --format json -o report.json
  elfkit info lib/libfoo.so -v            its facts, and the bytes behind each
  elfkit info rootfs/                     a table of every ELF file in it
  elfkit deps app --root rootfs/          the libraries that it gets there
  elfkit explain EK201                    what a rule looks for, and why
  elfkit rebuild-sections vendor.so -o linkable.so

exit codes:
  0    clean
  1    findings at or above --fail-on
  2    an argument could not be used, or an internal error
  3    no ELF file in the input
  130  interrupted
"""

SYMBOLS_EPILOG = """\
What nm -D --with-symbol-versions shows, also where the section headers are
gone. JSON says how the number of symbols is known.

examples:
  elfkit symbols vendor.so
  elfkit symbols --undefined --demangle vendor.so
  elfkit symbols --json lib/*.so"""

LOOKUP_EPILOG = """\
Searched is the file's hash table, as the loader does it. Undefined entries in
it are no definitions. Exit code 1 if no file defines the symbol.

examples:
  elfkit lookup memcpy lib/libc.so.6
  elfkit lookup --json SSL_new usr/lib/*.so*"""

CHECK_EPILOG = """\
A directory is taken for the root of a device's file system: absolute links
begin there again, nothing outside it is read. What the kernel fills at run
time (/proc, /sys, /dev, mounts of such file systems) is passed over. A file is
checked by the rules that need no tree; with --root as if it were started in
that tree.

IDS are ids of rules, beginnings of ids, or names, parted by commas. --ignore
also takes RULE:PATH and RULE:PATH:SUBJECT with shell patterns, in which * goes
across slashes; every finding shows the one that leaves out just itself. That
of a finding in several files names their common cause, and no path: it leaves
out other files with that cause as well, also such as are added later.

examples:
  elfkit check rootfs/
  elfkit check rootfs/ --ignore EK005,exec-stack
  elfkit check rootfs/ --ignore 'EK301:opt/vendor/*:libnvram.so*'
  elfkit check rootfs/ --select EK1,EK2 --fail-on warning
  elfkit check rootfs/ --assume-present /mnt/data --assume-present libnvram.so
  elfkit check / --exclude /home --exclude /var/cache --exclude .git
  elfkit check rootfs/ --statistics       how many findings, files, bytes a rule
  elfkit check rootfs/ --group-by file    what is wrong with each file
  elfkit check rootfs/ --list-platforms   what runs together in this tree
  elfkit check build/newprog --root rootfs/
  elfkit check build/newprog --target arm_cortex-a9
  elfkit check rootfs/ --format json -o report.json --exit-zero
"""

INFO_EPILOG = """\
examples:
  elfkit info /bin/ls
  elfkit info -v vendor/*.so          the bytes that prove each fact
  elfkit info rootfs/                 a table of every ELF file of a tree
  elfkit info --json rootfs/          a list with one object a file
"""

EXPLAIN_EPILOG = """\
examples:
  elfkit explain EK106
  elfkit explain float-abi-mismatch
  elfkit explain EK5                  every rule whose id begins so
"""

TARGETS_EPILOG = """\
Package architectures of OpenWrt, architectures of Alpine and Debian, and
targets of Rust have a row; GNU triplets are understood by their parts. A name
that several systems have is preceded by its system.

examples:
  elfkit targets
  elfkit targets mips_24kc
  elfkit targets debian:armhf alpine:armhf
  elfkit targets mips-linux-gnu --json
"""

RULES_EPILOG = """\
examples:
  elfkit rules
  elfkit rules --json -o rules.json   with the reason and documentation of each
"""


LIMITS_EPILOG = """\
A file that asks for more is judged by what was read until then, and EK012 says
so. check, info, symbols, lookup and rebuild-sections take other values, which
may end in K, M or G: --limit bytes_read=1G --limit platforms=128

examples:
  elfkit limits
  elfkit limits -q                        as --limit takes them
  elfkit limits --json
"""

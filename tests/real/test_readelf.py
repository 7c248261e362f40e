"""The reader of readelf's words: on its words for one MIPS program and one ARM library, shortened."""

import pytest

from tests.real.readelf import Segment, parse, split

PROGRAM = """\
ELF Header:
  Magic:   7f 45 4c 46 01 02 01 00 00 00 00 00 00 00 00 00
  Class:                             ELF32
  Data:                              2's complement, big endian
  OS/ABI:                            UNIX - System V
  Type:                              DYN (Position-Independent Executable file)
  Machine:                           MIPS R3000
  Version:                           0x1
  Entry point address:               0x5ef0
  Start of program headers:          52 (bytes into file)
  Start of section headers:          1119184 (bytes into file)
  Flags:                             0x70001007, noreorder, pic, cpic, o32, mips32r2
  Number of program headers:         5
  Number of section headers:         31

Program Headers:
  Type           Offset   VirtAddr   PhysAddr   FileSiz MemSiz  Flg Align
  INTERP         0x000194 0x00000194 0x00000194 0x0000d 0x0000d R   0x1
      [Requesting program interpreter: /lib/ld.so.1]
  LOAD           0x000000 0x00000000 0x00000000 0x1036f0 0x1036f0 R E 0x10000
  LOAD           0x10ebb4 0x0011ebb4 0x0011ebb4 0x026a0 0x02cdc RWE 0x10000
  GNU_STACK      0x000000 0x00000000 0x00000000 0x00000 0x00000 RWE 0x10
  <unknown>: 0x70000009 0x000000 0x00000000 0x00000000 0x00000 0x00000     0x4

Dynamic section at offset 0x204 contains 33 entries:
  Tag        Type                         Name/Value
 0x00000001 (NEEDED)                     Shared library: [libodd].so]
 0x00000001 (NEEDED)                     Shared library: [libc.so.6]
 0x0000001d (RUNPATH)                    Library runpath: [$ORIGIN/../lib:/opt/lib]
 0x70000005 (MIPS_FLAGS)                 NOTPOT
 0x0000001e (FLAGS)                      BIND_NOW TEXTREL
 0x6ffffffb (FLAGS_1)                    Flags: NOW PIE
 0x00000000 (NULL)                       0x0

Symbol table '.dynsym' contains 423 entries:
   Num:    Value  Size Type    Bind   Vis      Ndx Name
     1: 00000000     0 NOTYPE  LOCAL  DEFAULT  UND

Displaying notes found in: .note.gnu.build-id
  Owner                Data size \tDescription
  GNU                  0x00000014\tNT_GNU_BUILD_ID (unique build ID bitstring)\t    Build ID: 2e396925f7ff9020

MIPS ABI Flags Version: 0

FP ABI: Hard float (32-bit CPU, Any FPU)
"""

LIBRARY = """\
ELF Header:
  Class:                             ELF32
  Data:                              2's complement, little endian
  OS/ABI:                            UNIX - GNU
  Type:                              DYN (Shared object file)
  Machine:                           ARM
  Entry point address:               0x0
  Start of section headers:          0 (bytes into file)
  Flags:                             0x5000200, Version5 EABI, soft-float ABI
  Number of program headers:         2
  Number of section headers:         0 (70000)

Program Headers:
  Type           Offset   VirtAddr   PhysAddr   FileSiz MemSiz  Flg Align
  LOAD           0x000000 0x00000000 0x00000000 0x00100 0x00100 R E 0x10000

Dynamic section at offset 0x40 contains 3 entries:
  Tag        Type                         Name/Value
 0x0000000e (SONAME)                     Library soname: [libanl.so.1]
 0x0000000f (RPATH)                      Library rpath: [/a:/b]
 0x00000018 (BIND_NOW)
 0x00000016 (TEXTREL)                    0x0
"""


def test_the_header_of_a_program_is_read() -> None:
    program = parse(PROGRAM)
    assert (program.elf_class, program.data, program.type) == (32, "big", "DYN")
    assert (program.machine, program.osabi) == ("MIPS R3000", "UNIX - System V")
    assert (program.flags, program.flag_words) == (0x70001007, "noreorder, pic, cpic, o32, mips32r2")
    assert (program.entry, program.segment_count) == (0x5EF0, 5)
    assert (program.section_offset, program.section_count) == (1119184, 31)


def test_segments_keep_their_order_and_flags() -> None:
    assert parse(PROGRAM).segments == (
        Segment("INTERP", 0x194, 0xD, 0xD, "R"),
        Segment("LOAD", 0, 0x1036F0, 0x1036F0, "RE"),
        Segment("LOAD", 0x10EBB4, 0x26A0, 0x2CDC, "RWE"),
        Segment("GNU_STACK", 0, 0, 0, "RWE"),
        Segment("<unknown>: 0x70000009", 0, 0, 0, ""),
    )


def test_names_are_taken_to_the_last_bracket() -> None:
    program, library = parse(PROGRAM), parse(LIBRARY)
    assert program.interpreter == "/lib/ld.so.1"
    assert program.needed == ("libodd].so", "libc.so.6")
    assert (program.soname, program.rpath, program.runpath) == (None, None, "$ORIGIN/../lib:/opt/lib")
    assert (library.soname, library.rpath, library.runpath) == ("libanl.so.1", "/a:/b", None)
    assert (library.interpreter, library.needed) == (None, ())


def test_flags_count_as_a_tag_of_their_own_or_as_a_bit() -> None:
    program, library = parse(PROGRAM), parse(LIBRARY)
    assert (program.bind_now, program.pie, program.textrel) == (True, True, True)
    assert (library.bind_now, library.pie, library.textrel) == (True, False, True)
    neither = parse(LIBRARY.replace("(BIND_NOW)", "(DEBUG)").replace("(TEXTREL)", "(DEBUG)"))
    assert (neither.bind_now, neither.pie, neither.textrel) == (False, False, False)
    alone = parse(PROGRAM.replace("BIND_NOW TEXTREL", "").replace("NOW PIE", "NOW"))
    assert (alone.bind_now, alone.pie, alone.textrel) == (True, False, False)


def test_build_id_float_abi_and_symbols_are_read_or_absent() -> None:
    program, library = parse(PROGRAM), parse(LIBRARY)
    assert program.build_id == "2e396925f7ff9020"
    assert (program.fp_abi, program.symbol_count) == ("Hard float (32-bit CPU, Any FPU)", 423)
    assert (library.build_id, library.fp_abi, library.symbol_count) == (None, None, None)


def test_a_number_that_the_first_section_header_holds_is_taken_from_there() -> None:
    assert parse(LIBRARY).section_count == 70000


def test_a_file_that_readelf_says_nothing_of_is_an_error() -> None:
    with pytest.raises(ValueError, match="no 'Class'"):
        parse("")


def test_output_about_several_files_is_split_by_their_names() -> None:
    output = f"\nFile: /a\n{PROGRAM}\nFile: /b c\n{LIBRARY}"
    assert [parse(block).data for block in split(output, ["/a", "/b c"])] == ["big", "little"]
    assert parse(split(PROGRAM, ["/a"])[0]) == parse(PROGRAM)


def test_output_about_other_files_is_an_error() -> None:
    with pytest.raises(ValueError, match="answered for 1 of 2"):
        split(f"\nFile: /a\n{PROGRAM}", ["/a", "/b"])

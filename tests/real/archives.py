"""Single files out of archives that apt, pip and npm give, each archive of one version and one checksum.

Nothing of it is committed. What is unpacked is never run; pip alone asks the build script of a source distribution
for its metadata, after the checksum was found right.
"""

import bz2
import hashlib
import io
import os
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tests.real import apt, fetch
from tests.real.fetch import UnavailableError

LARGEST: Final = 64 << 20
"""Bytes of one member. Some compressed ones of elfutils become gigabytes: those are not asked for."""


class Archive(NamedTuple):
    """An archive: how it is asked for, what its file is called, its SHA-256, and a pattern of the members to keep.

    `inner` is a pattern of zip archives inside, whose members are kept by the same pattern of `members`.
    """

    name: str
    kind: str
    what: str
    file: str
    sha256: str
    members: str
    inner: str = r"(?!)"


def _npm(name: str, what: str, sha256: str, members: str = r".*\.node", inner: str = r"(?!)") -> Archive:
    package, _, version = what.rpartition("@")
    file = f"{package.removeprefix('@').replace('/', '-')}-{version}.tgz"
    return Archive(name, "npm", what, file, sha256, members, inner)


ARCHIVES: Final = (
    Archive(
        "elfutils",
        "source",
        "elfutils",
        "elfutils_0.188.orig.tar.bz2",
        "fb8b0e8d0802005b9a309c60c1d8de32dd2951b56f0c3a3cb56d21ce01595dff",
        r".*/tests/testfile(10|27|42|42_noshdrs|-s390x-hash-both|5[2-4]-(32|64)[.a-z]*(?<!debug)|55-(32|64)(\.prelink)?)\.bz2",
    ),
    Archive(
        "pyelftools",
        "pip",
        "pyelftools==0.33",
        "pyelftools-0.33.tar.gz",
        "660d82dcbeb8e83d1702bd97f223f761625da06111c0cc988eac6b8ab0c1b61f",
        r".*/test/testfiles_for_unittests/(aarch64_super_stripped|corrupt_sh|android_dyntags\.so|aarch64_be_gnu_hash\.so)\.elf",
    ),
    _npm(
        "rollup-s390x",
        "@rollup/rollup-linux-s390x-gnu@4.67.4",
        "7d68995c0c8da8e3b1375e6bca65de9871a8fd959bb6e7b8bbb30ea4148f57c6",
    ),
    _npm(
        "rollup-loong64-gnu",
        "@rollup/rollup-linux-loong64-gnu@4.67.4",
        "aa5820a0d401a677df9b285a1a2fb4e1aebd6243f41fa365bc7cc6540d6adbba",
    ),
    _npm(
        "rollup-loong64-musl",
        "@rollup/rollup-linux-loong64-musl@4.67.4",
        "b2875428bcd2555be9adba1f9b71a6aaa276608ad868ee76b453ce83689001dc",
    ),
    _npm(
        "canvas-android",
        "@napi-rs/canvas-android-arm64@1.0.11",
        "5575b8d5c8f70f53a92cbdd45751088a615334b52e93e8d9de9f206b89a1cccd",
    ),
    _npm(
        "lz4-android",
        "@antoniomuso/lz4-napi-android-arm-eabi@2.10.0",
        "3a123d1a8417c00ed99c2fbd36caad37f56786415e47100c4b7f5e42a96f6b98",
    ),
    _npm(
        "hermes",
        "hermes-engine@0.11.0",
        "be46cc8cfcdd8376472f4ecf0e4a2548bb3986525559b1580494afc40e20ec2c",
        members=r"jni/.*\.so",
        inner=r".*/hermes(-cppruntime)?-release\.aar",
    ),
)
COMMANDS: Final = {"source": "apt-get", "pip": sys.executable, "npm": "npm"}


def obtain(archive: Archive) -> Mapping[str, Path]:
    """The members on this disk by name, fetched now if they are not there yet. Raises UnavailableError."""

    def make(row: fetch.Row, part: Path) -> None:
        with tempfile.TemporaryDirectory(dir=fetch.cache()) as folder:
            packed = _downloaded(archive, row, Path(folder)).read_bytes()
        part.mkdir()
        for name, content in _members(archive, packed):
            (part / name).write_bytes(content)

    row = fetch.Row(f"archive-{archive.name}", "archive", f"{archive.sha256} {archive.members} {archive.inner}", ".")
    return {path.name: path for path in sorted(fetch.once(row, make).iterdir())}


def _downloaded(archive: Archive, row: fetch.Row, folder: Path) -> Path:
    """The archive, its checksum found right."""
    if shutil.which(COMMANDS[archive.kind]) is None:
        msg = f"please install {COMMANDS[archive.kind]}"
        raise UnavailableError(msg)
    {"source": _source, "pip": _pip, "npm": _npm_pack}[archive.kind](archive, row, folder)
    path = folder / archive.file
    if not path.is_file():
        msg = f"{archive.what} came without {archive.file}"
        raise UnavailableError(msg)
    if hashlib.sha256(path.read_bytes()).hexdigest() != archive.sha256:
        msg = f"{archive.file} is not the file that was pinned"
        raise UnavailableError(msg)
    return path


def _source(archive: Archive, row: fetch.Row, folder: Path) -> None:
    """`apt-get source`, from lists of sources of its own: the machine's need not have any."""
    lists, parts = folder / "lists", folder / "sources"
    (lists / "partial").mkdir(parents=True)
    parts.mkdir()
    try:
        apt.sources(parts, fetch.SUITE, "deb-src")
    except apt.NoSourceError as reason:
        raise UnavailableError(str(reason)) from reason
    settings = {
        "Dir::Etc::SourceParts": parts,
        "Dir::Etc::SourceList": os.devnull,
        "Dir::State::Lists": lists,
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        **({"APT::Sandbox::User": "root"} if os.geteuid() == 0 else {}),
    }
    options = [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]
    fetch.run(row, ["apt-get", *options, "-qq", "update"], folder)
    fetch.run(row, ["apt-get", *options, "-q", "--download-only", "source", archive.what], folder)


def _pip(archive: Archive, row: fetch.Row, folder: Path) -> None:
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{archive.what} --hash=sha256:{archive.sha256}\n")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps", "--require-hashes"]
    fetch.run(row, [*command, "--no-binary", ":all:", "-r", str(pinned)], folder)


def _npm_pack(archive: Archive, row: fetch.Row, folder: Path) -> None:
    fetch.run(row, ["npm", "pack", "--silent", archive.what], folder)


def _members(archive: Archive, packed: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of the members to keep; their folders become part of the name where that tells them apart."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            wanted = re.fullmatch(archive.members, member.name), re.fullmatch(archive.inner, member.name)
            if not any(wanted) or member.size > LARGEST or (file := tar.extractfile(member)) is None:
                continue
            if wanted[0]:
                yield _plain(member.name.rpartition("/")[2], file.read())
            else:
                yield from _zipped(archive, file.read())


def _zipped(archive: Archive, packed: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archived:
        for info in archived.infolist():
            if re.fullmatch(archive.members, info.filename) and info.file_size <= LARGEST:
                yield "-".join(info.filename.split("/")[1:]), archived.read(info)


def _plain(name: str, content: bytes) -> tuple[str, bytes]:
    if not name.endswith(".bz2"):
        return name, content
    return name.removesuffix(".bz2"), bz2.BZ2Decompressor().decompress(content, LARGEST)

"""What is written as JSON: valid by the published schemas, and the same on every run."""

import json
import os
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from elfkit_cli.main import main
from tests.cli.command import CLEAN, HELLO, MACHINES, ROOT, ROUTER, RULES, elfkit

SCHEMAS = sorted((ROOT / "elfkit" / "schemas").glob("*.json"))
ROUTER_FILES = sorted(path for path in ROUTER.rglob("*") if path.is_file() and not path.is_symlink())

# What the issue that asked for `info --json` lists.
INFO_KEYS = {
    *("schema", "path", "class", "data", "machine", "type", "kind", "interpreter", "needed", "soname", "rpath"),
    *("runpath", "float_abi", "libc", "section_headers", "symbols", "stack", "relro", "bind_now", "textrel"),
    "build_id",
}
FINDING_KEYS = {
    *("rule", "name", "severity", "confidence", "root", "path", "aliases", "subject", "message", "evidence"),
    *("needed_by", "trace", "size", "fix", "fingerprint", "suppress"),
}


@cache
def validator(schema: str) -> Draft202012Validator:
    """The validator for documents that call themselves so."""
    path = ROOT / "elfkit" / "schemas" / f"{schema.replace('/', '.')}.json"
    return Draft202012Validator(json.loads(path.read_bytes()))


def valid(schema: str, written: str | bytes) -> Any:  # noqa: ANN401  # whatever the document holds
    """The document, after it has passed its schema."""
    document = json.loads(written)
    errors = [f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(document)]
    assert errors == []
    return document


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_schema_is_valid_and_its_file_is_named_after_its_id(path: Path) -> None:
    schema = json.loads(path.read_bytes())
    Draft202012Validator.check_schema(schema)
    assert path.name == f"{schema['$id'].replace('/', '.')}.json"
    assert re.fullmatch(r"elfkit\.[a-z-]+/[1-9][0-9]*", schema["$id"])
    assert path.read_bytes().isascii()


def test_every_schema_is_what_some_command_writes() -> None:
    written = {
        json.loads(elfkit("check", CLEAN, "--json").out)["schema"],
        json.loads(elfkit("check", CLEAN, "--statistics", "--json").out)["schema"],
        json.loads(elfkit("check", CLEAN, "--list-platforms", "--json").out)["schema"],
        json.loads(elfkit("info", HELLO, "--json").out)[0]["schema"],
        valid("elfkit.limits/1", elfkit("limits", "--json").out)["schema"],
        json.loads(elfkit("symbols", HELLO, "--json").out)[0]["schema"],
        json.loads(elfkit("lookup", "greet", HELLO, "--json").out)["schema"],
        json.loads(elfkit("rebuild-sections", "--dry-run", HELLO.with_name("hello.noshdr"), "--json").out)[0]["schema"],
        json.loads(elfkit("rebuild-sections", "--self-test", HELLO, "--json").out)["schema"],
        json.loads(elfkit("deps", CLEAN, "--json").out)[0]["schema"],
        json.loads(elfkit("deps", CLEAN, "--why", "libconf.so", "--json").out)[0]["schema"],
        json.loads(elfkit("deps", CLEAN, "--reverse", "libconf.so", "--json").out)[0]["schema"],
        json.loads(elfkit("rules", "--json").out)["schema"],
        json.loads(elfkit("targets", "--json").out)["schema"],
        json.loads(elfkit("explain", "EK106", "--json").out)["schema"],
    }
    assert written == {json.loads(path.read_bytes())["$id"] for path in SCHEMAS}


@pytest.mark.parametrize(
    "schema",
    ["elfkit.check/1", "elfkit.deps/1", "elfkit.info/1", "elfkit.lookup/1", "elfkit.rules/1", "elfkit.symbols/1"],
)
def test_a_schema_refuses_what_is_not_its_own(schema: str) -> None:
    assert not validator(schema).is_valid({"schema": "elfkit.other/1"})
    assert not validator(schema).is_valid([{"schema": schema}])


@pytest.mark.parametrize(
    "arguments",
    [
        [ROUTER],
        [ROUTER, "-v"],
        [CLEAN],
        [ROUTER, CLEAN, HELLO, "missing", "pyproject.toml"],
        [ROUTER, "--select", "EK005"],
        [ROUTER / "usr/sbin/vpnd", "--root", ROUTER],
        [*MACHINES],
        [ROOT / "fixtures" / "machines"],
        ["pyproject.toml"],
    ],
    ids=lambda arguments: f"{Path(arguments[0]).name} and {len(arguments) - 1}",
)
def test_check_writes_by_its_schema(arguments: list[str | Path]) -> None:
    document = valid("elfkit.check/1", elfkit("check", *arguments, "--json").out)
    assert all(finding.keys() >= FINDING_KEYS for finding in document["findings"])
    counts = document["summary"]["findings"]
    assert sum(counts.values()) == len(document["findings"])
    assert document["summary"]["elf_files"] == sum(root["summary"]["elf_files"] for root in document["roots"])
    assert "interrupted" not in document["summary"]


@pytest.mark.parametrize("rule", sorted(path.name for path in RULES.glob("EK*")))
def test_check_of_a_rules_fixtures_writes_by_its_schema(rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in ("bad", "good"):
        if (RULES / rule / kind).is_dir():
            main(["check", str(RULES / rule / kind), "--json"])
            valid("elfkit.check/1", capsys.readouterr().out)


@pytest.mark.parametrize("files", [MACHINES, ROUTER_FILES], ids=["machines", "router"])
def test_info_writes_by_its_schema_and_all_that_was_asked_for(files: list[Path]) -> None:
    rows = valid("elfkit.info/1", elfkit("info", *files, "--json").out)
    assert all(row.keys() >= INFO_KEYS for row in rows)
    assert [row["path"] for row in rows] == [str(path) for path in files if str(path) in {row["path"] for row in rows}]
    if files is MACHINES:
        assert len(rows) == len(files)


def test_info_tells_what_files_ask_of_their_loader() -> None:
    """Each fixture's recipe says what was planted: fixtures/recipes/rules_loading.py, rules_names.py."""
    paths = ("EK209/bad/usr/bin/tool", "EK212/bad/usr/lib/libplain.so", "EK315/bad/usr/bin/tool")
    tagged, relocated, opener = valid("elfkit.info/1", elfkit("info", *[RULES / path for path in paths], "--json").out)
    assert tagged["kernel"] == "4.15.0"
    assert 128 in relocated["relocation_types"]  # R_MIPS_IRELATIVE
    assert opener["dlopens"] == [
        {"sonames": ["libplain.so", "libplain.so.0"], "feature": "vpn", "priority": "required"}
    ]
    assert (tagged["hash_tables"], tagged["packed_relocations"], tagged["static_tls"]) == (["sysv"], [], False)
    assert (tagged["glibc_abi"], tagged["libc_release"], tagged["indirect_functions"]) == ([], None, [])


def test_info_of_nothing_usable_is_an_empty_list() -> None:
    assert valid("elfkit.info/1", elfkit("info", "pyproject.toml", "missing", "--json").out) == []


def test_rules_and_explain_write_the_same_rows_by_one_schema() -> None:
    listed = valid("elfkit.rules/1", elfkit("rules", "--json").out)["rules"]
    assert valid("elfkit.rules/1", elfkit("explain", "EK", "--json").out)["rules"] == listed
    named = valid("elfkit.rules/1", elfkit("explain", "exec-stack", "EK501", "EK50", "--json").out)["rules"]
    assert [row["id"] for row in named] == [row["id"] for row in listed if row["id"].startswith("EK50")]
    assert valid("elfkit.rules/1", elfkit("explain", "EK999", "--json").out)["rules"] == []


def test_files_cut_at_any_length_are_written_by_the_schemas(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = HELLO.read_bytes()
    cuts = [tmp_path / f"{length:05}" for length in [*range(0, 70, 3), *range(70, len(whole), 97)]]
    for path in cuts:
        path.write_bytes(whole[: int(path.name)])
    names = [str(path) for path in cuts]
    for arguments in (["check", str(tmp_path)], ["check", *names], ["check", *names, "--root", str(CLEAN)]):
        assert main([*arguments, "--json"]) == 1
        assert valid("elfkit.check/1", capsys.readouterr().out)["findings"]
    assert main(["info", *names, "--json"]) == 2
    assert valid("elfkit.info/1", capsys.readouterr().out)


def test_a_file_with_any_byte_of_its_headers_changed_is_written_by_the_schemas(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = HELLO.read_bytes()
    names = []
    for offset in range(52 + 10 * 32):  # ELF header and program headers of a 32-bit file
        path = tmp_path / f"{offset:04}"
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0xFF]) + whole[offset + 1 :])
        names.append(str(path))
    assert main(["check", str(tmp_path), "--json"]) == 1
    valid("elfkit.check/1", capsys.readouterr().out)
    main(["info", *names, "--json"])
    assert len(valid("elfkit.info/1", capsys.readouterr().out)) > 300


COMMANDS = [["check", ROUTER], ["check", ROUTER, "-v"], ["info", *MACHINES], ["rules"], ["explain", "EK"]]
EACH = pytest.mark.parametrize("arguments", COMMANDS, ids=["check", "check -v", "info", "rules", "explain"])


@EACH
@pytest.mark.parametrize("form", ["text", "json"])
def test_two_runs_write_the_same_bytes(arguments: list[str | Path], form: str) -> None:
    runs = {elfkit(*arguments, "--format", form, env={"PYTHONHASHSEED": seed}).out for seed in ("1", "2")}
    assert len(runs) == 1


@EACH
def test_json_is_ascii_and_ends_with_a_newline(arguments: list[str | Path]) -> None:
    written = elfkit(*arguments, "--json").out
    assert written.isascii()
    assert written.endswith(b"\n")
    assert elfkit(*arguments, "--format", "json", "--color", "always").out == written


def test_no_time_gets_into_a_report(tmp_path: Path) -> None:
    tree = Path(shutil.copytree(ROUTER, tmp_path / "tree", symlinks=True))
    before = elfkit("check", tree, "--json").out
    for path in tree.rglob("*"):
        os.utime(path, (0, 1_234_567_890), follow_symlinks=False)
    assert elfkit("check", tree, "--json").out == before
    assert not re.search(rb'"[a-z_]*(time|date|duration|elapsed)[a-z_]*":|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d', before)


def test_no_path_of_this_machine_gets_into_a_report(tmp_path: Path) -> None:
    shutil.copytree(ROUTER, tmp_path / "tree", symlinks=True)
    written = elfkit("check", "tree", "--json", cwd=tmp_path).out
    assert os.fsencode(tmp_path) not in written
    assert os.fsencode(ROOT) not in written

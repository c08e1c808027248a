"""What the pool keeps on disk: its record, its daemons' settings, the hook's spool, relocated programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from owl.config import load_settings
from owl.errors import PoolError
from owl.pool import surroundings
from owl.pool.obtain import RECEIPT, cached, find_libexec
from owl.pool.record import PoolRecord, read_record, write_record
from owl.pool.relocate import PT_DYNAMIC, PT_INTERP, elf_files, program_headers

RECORD = PoolRecord(
    port=21000,
    slots=3,
    version="23.9.6",
    bin="/h/bin",
    sbin="/h/sbin",
    libexec="/h/libexec",
    owl_daemons=True,
    overrides={"A": "b"},
)


def test_a_record_comes_back_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    write_record(tmp_path, RECORD)

    assert read_record(tmp_path) == RECORD
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"port": "x"}', '{"unknown": 1}', "\x00"])
def test_a_damaged_record_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "pool.json").write_text(text)

    assert read_record(tmp_path) is None


def test_the_daemons_settings_are_the_users_and_private(tmp_path: Path) -> None:
    environment = {
        "OWL_DATABASE_URL": 'postgresql://u:p"\\\x7fä@h/d',
        "OWL_RECONCILE_PERIOD": "2.5",
        "OWL_POOL_SLOTS": "7",
    }
    settings = load_settings(environment, directory=tmp_path)

    path = surroundings.write_settings(tmp_path, settings)

    assert load_settings({"OWL_CONFIG": str(path)}, directory=Path("/")) == settings
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_settings_table_of_variables_comes_back(tmp_path: Path) -> None:
    (tmp_path / "owl.toml").write_text('[environment]\n"a b" = "c\\"d"\nREFERENCE = "/r"\n')
    settings = load_settings({}, directory=tmp_path)

    path = surroundings.write_settings(tmp_path, settings)

    assert load_settings({"OWL_CONFIG": str(path)}, directory=tmp_path) == settings


def test_the_spool_link_moves_and_the_spool_takes_files_but_shows_none(tmp_path: Path) -> None:
    surroundings.make_directories(tmp_path)
    for name in ("one", "two"):
        surroundings.make_spool(tmp_path / name)
        surroundings.point_spool(tmp_path, tmp_path / name)

    link = tmp_path / "hooks" / "spool"
    assert link.resolve() == tmp_path / "two"
    assert link.stat().st_mode & 0o7777 == 0o3733
    assert [path.name for path in link.parent.iterdir()] == ["spool"]


def test_a_missing_hook_is_one_line(tmp_path: Path) -> None:
    surroundings.make_directories(tmp_path)

    with pytest.raises(PoolError, match="install OWL again"):
        surroundings.install_hook(tmp_path, tmp_path / "nowhere")


def test_what_is_stale_goes_and_queue_history_and_logs_stay(tmp_path: Path) -> None:
    surroundings.make_directories(tmp_path)
    kept = ["spool/job_queue.log", "spool/history", "log/MasterLog", "condor_config"]
    stale = ["spool/.schedd_address", "log/.collector_address", "run/master.pid", "lock/shared_port_ad"]
    for name in kept + stale:
        (tmp_path / name).write_text("x")
    (tmp_path / "execute/dir_1/deep").mkdir(parents=True)

    surroundings.remove_stale(tmp_path)

    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert [name for name in [*stale, "execute/dir_1"] if (tmp_path / name).exists()] == []


def test_a_tree_without_a_receipt_or_moved_to_another_place_is_not_used(tmp_path: Path) -> None:
    tree = tmp_path / "23"
    (tree / "usr/libexec/condor").mkdir(parents=True)
    (tree / "usr/libexec/condor/condor_shared_port").touch()
    assert cached("23", tmp_path) is None

    (tree / RECEIPT).write_text(json.dumps({"tree": "/elsewhere/23", "version": "23.9.6"}))
    assert cached("23", tmp_path) is None

    (tree / RECEIPT).write_text(json.dumps({"tree": str(tree), "version": "23.9.6"}))
    found = cached("23", tmp_path)
    assert found is not None and (found.major, found.number) == ("23", (23, 9, 6))


@pytest.mark.parametrize("part", ["libexec/condor", "libexec", "lib/condor/libexec"])
def test_the_layouts_of_packages_and_tarballs_are_known(tmp_path: Path, part: str) -> None:
    (tmp_path / part).mkdir(parents=True)
    (tmp_path / part / "condor_shared_port").touch()

    assert find_libexec(tmp_path) == tmp_path / part


def test_programs_are_told_from_scripts_and_from_libraries(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "short").write_bytes(b"\x7fE")
    program = Path(sys.executable).resolve()

    assert list(elf_files(tmp_path)) == []
    assert {PT_DYNAMIC, PT_INTERP} <= program_headers(program)

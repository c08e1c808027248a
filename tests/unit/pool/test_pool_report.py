"""What `owl pool` prints, and what it asks."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from owl.errors import NotFound
from owl.pool.master import daemon_name, last_error
from owl.pool.processes import Process
from owl.pool.query import Answer, parse_ads
from owl.pool.report import show_logs, status_json, status_text
from owl.pool.status import PoolStatus

UP = PoolStatus(
    running=True,
    directory=Path("/s/pool"),
    master_pid=7,
    collector="127.0.0.1:21000",
    version="23.9.6",
    slots=2,
    ready=True,
    daemons={"MASTER": 7, "OWLD": 9},
)


def test_the_status_tells_version_place_slots_and_daemons() -> None:
    text = status_text(UP)

    assert "HTCondor 23.9.6 at 127.0.0.1:21000, 2 slots: ready" in text
    assert "MASTER 7, OWLD 9" in text
    assert status_text(PoolStatus(running=False, directory=Path("/s/pool"))) == "no pool runs in /s/pool"
    assert json.loads(status_json(UP))["daemons"] == {"MASTER": 7, "OWLD": 9}


def test_the_collectors_answer_counts_slots_of_old_and_new_htcondor() -> None:
    answer = parse_ads(
        "Collector My Pool\nScheduler a@b\nNegotiator c\nMachine slot1@h\nSlot slot2@h\nStartDaemon h\n\n"
    )

    assert answer.slots == 2
    assert answer.ready(2) and not answer.ready(3)
    assert not Answer(types=answer.types, slots=2, problem="no answer").ready(1)
    assert not parse_ads("Scheduler a\nMachine slot1@h\n").ready(1)


def test_daemons_are_called_as_in_daemon_list() -> None:
    def child(*command: str) -> Process:
        return Process(pid=2, parent=1, state="S", start=1, command=command)

    assert daemon_name(child("condor_shared_port")) == "SHARED_PORT"
    assert daemon_name(child("/x/condor_schedd", "-f")) == "SCHEDD"
    assert daemon_name(child("/v/python", "/v/owl", "shoveler", "run")) == "OWL_SHOVELER"
    assert daemon_name(child("/v/python", "/v/owl", "owld", "run")) == "OWLD"
    assert daemon_name(child("/v/python", "/v/owl", "rescue-server")) == "OWL_RESCUE"


def test_logs_show_their_end_and_no_terminal_obeys_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "SchedLog"
    log.write_bytes(b"one\ntwo \x1b]0;evil\x07\nthr\xffee\n")

    show_logs({"SchedLog": log}, "sched", 2)

    shown = capsys.readouterr().out
    assert "one" not in shown and "\x1b" not in shown and "\x07" not in shown
    assert shown.startswith("two ?]0;evil?\n")


def test_an_unknown_log_is_one_line_that_names_the_others(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no log 'x'; there are: SchedLog"):
        show_logs({"SchedLog": tmp_path}, "x", 2)
    with pytest.raises(NotFound, match="owl pool up"):
        show_logs({}, None, 2)


def test_the_last_error_of_a_log_is_found_and_debug_levels_are_none(tmp_path: Path) -> None:
    log = tmp_path / "MasterLog"
    log.write_text('1 Daemon Log is logging: D_ALWAYS D_ERROR\n2 ERROR "first"\n3 ERROR "PREEN" at line 1\n4 end\n')

    assert last_error(log) == 'ERROR "PREEN" at line 1'
    assert last_error(tmp_path / "none") == ""


def test_the_pools_commands_load_neither_htcondor_nor_a_database() -> None:
    program = "import owl.cli.pool, sys; print(*{m.partition('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {"htcondor2", "classad2", "sqlalchemy", "flask", "drmaa"} & set(done.stdout.split())

"""A shoveler claims while the rescue server looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from owl.db import dpq, runs
from owl.db.engine import Database
from owl.intent import Command, CommandState, Target, TargetKind, Verb
from owl.model import EntryState, Run, RunState
from owl.rescue.service import RescueServer
from owl.shoveler.claim import Claimant, claim
from tests.fixtures.database import START, add_entry, at, begin_run, follow

SHOVELER = Claimant(identity="shoveler@a/1", owner="owl", schedd="schedd.a", work_root=Path("/work"))
LIMITS = {"shovel_size": 25.0, "period": 1.0, "max_active_runs": 100.0}
ORDER = Command(id=1, verb=Verb.RESCUE, requested_by="alice", requested_at=START, state=CommandState.RUNNING)
TARGET = Target(
    command_id=1, id=1, kind=TargetKind.RUN, name="run-1", number=1, state=CommandState.RUNNING, result="readied"
)


def test_a_readied_rescue_that_is_claimed_between_two_looks_is_not_taken_for_another_ones(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = add_entry(sqlite)
    begin_run(sqlite, number)
    follow(sqlite, "run-1", RunState.RUNNING, RunState.FAILED)
    assert sqlite.write(dpq.ask_rescue, number, requested_by="alice", reason="")
    # It readies nothing again, so it has nothing to ready with.
    server = RescueServer(database=sqlite, readier=cast(Any, None), policy=cast(Any, None), state_dir="here")
    other = Database(sqlite.url.render_as_string())
    get = runs.get

    def overtaken(connection: Connection, run_id: str) -> Run:
        found = get(connection, run_id)
        monkeypatch.setattr(runs, "get", get)
        assert other.write(claim, SHOVELER, LIMITS, 10, at(9)).runs
        return found

    monkeypatch.setattr(runs, "get", overtaken)
    assert server._outcome(TARGET, ORDER) is None
    assert sqlite.read(dpq.get, number).state is EntryState.CLAIMED
    assert server._outcome(TARGET, ORDER) is None, "claimed, and its submission is on its way"
    other.close()

"""Datasets that share a condor_dagman: one is held alone, and the schedd and the database restart meanwhile."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from owl.condor.schedd import Schedd
from owl.daemon import words_left
from owl.errors import OwlError
from owl.intent import CommandState, Selection, Verb
from owl.model import EntryState, State
from owl.pool.personal import PersonalPool
from tests.faults.tools import add_door, daemon_of, kill, open_door, rows, wait_open, wait_state
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.site import DEADLINE, Site, make_site, wait_for

pytestmark = [pytest.mark.pool, pytest.mark.postgresql]

NAMES = ("ends", "held", "schedd", "database")


def test_a_hold_of_one_and_restarts_of_schedd_and_database(
    pool: PersonalPool, spool: Path, run_directory: Path, postgres: PostgresServer
) -> None:
    name = f"bundles_{postgres.next_number()}"
    postgres.run(f"CREATE DATABASE {name}")
    with make_site(run_directory / "sites" / name, spool, database_url=postgres.url(name)) as site:
        numbers = _begin(site)
        _do(site, Verb.HOLD, "held")
        wait_state(site, "held", "OPEN", State.HELD)
        assert {rows(site, other, "OPEN")[-1].state for other in NAMES if other != "held"} == {State.RUNNING}
        open_door(site, "ends")
        assert site.ended([numbers["ends"]])[0].state is EntryState.DONE

        kill(daemon_of(pool, "condor_schedd"))
        open_door(site, "schedd")
        assert site.ended([numbers["schedd"]])[0].state is EntryState.DONE

        postgres.stop()
        open_door(site, "database")
        wait_for(
            lambda: any("database away" in one for one in words_left(site.folder / "state")), "owld is cut off"
        )
        postgres.start()
        assert site.ended([numbers["database"]])[0].state is EntryState.DONE

        assert rows(site, "held", "OPEN")[-1].state is State.HELD, "nothing else has let it go"
        # Released while its execution is still torn down, a job may be forgotten for minutes (HTCondor 25.14).
        run_id = site.ops.run("held").run.id
        gone = f'OwlRunId == "{run_id}" && JobStatus == 5 && RemoteHost =?= undefined'
        wait_for(lambda: _in_queue(gone), "the held execution is gone")
        _do(site, Verb.RELEASE, "held")
        open_door(site, "held")
        assert site.ended([numbers["held"]])[0].state is EntryState.DONE
        found = [site.ops.run(dataset).submissions for dataset in NAMES]
        assert len({one.cluster for [one] in found}) == 1, "one condor_dagman from beginning to end"
        wait_for(lambda: [_exits(site, dataset) for dataset in NAMES] == [1] * len(NAMES), "each has passed once")


def _begin(site: Site) -> dict[str, int]:
    """Let as many go together as the pool has slots; all of them are in their first step, which can't end yet."""
    table = site.folder / "templates" / "door" / "workflow.toml"
    table.write_text('bundle = "auto"\n' + table.read_text(encoding="utf-8"), encoding="utf-8")
    site.start("owld", "run")
    wait_for(lambda: any(one.facts.get("slots") for one in site.ops.status().daemons), "owld has told of the slots")
    numbers = {dataset: add_door(site, dataset) for dataset in NAMES}
    site.start("shoveler", "run")
    wait_open(site, *NAMES)
    [shared] = {site.ops.run(dataset).submissions[0].bundle_id for dataset in NAMES}
    assert shared is not None, "auto has put them together"
    shown = site.owl("shoveler", "show").stdout
    assert shared in shown
    return numbers


def _exits(site: Site, dataset: str) -> int:
    return sum(row.state is State.EXITED for row in rows(site, dataset, "PASS"))


def _in_queue(constraint: str) -> list[dict[str, Any]]:
    """The jobs there; none where the schedd, started anew, rejects this process's old session, as it does once."""
    with suppress(OwlError):
        return Schedd().queue(constraint)
    return []


def _do(site: Site, verb: Verb, dataset: str) -> None:
    made = site.ops.commands.request(verb, Selection(runs=(dataset,)), requested_by="tester")
    assert site.ops.commands.wait(made.id, DEADLINE).state is CommandState.DONE

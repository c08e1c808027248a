"""Commands as rows: what they are aimed at, that they expire, and that the audit shows what was changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Executable, delete, update

from owl.daemon import utc_now
from owl.db import blackboard, commands, daemons
from owl.db.engine import Database
from owl.db.schema import command, command_target
from owl.errors import InvalidName, NotAllowed, NotFound
from owl.intent import CommandState, Filter, Selection, Target, TargetKind, Verb
from owl.model import Daemon, RunState, State
from owl.ops.commands import Commands
from tests.fixtures.database import add_entry, begin_run, follow, report

SCHEDD = "submit.example"


@pytest.fixture
def calls(sqlite: Database) -> Commands:
    """Two datasets: a's run has a running and a held step, b's has failed."""
    for name in ("a", "b"):
        begin_run(sqlite, add_entry(sqlite, name), f"run-{name}")
        follow(sqlite, f"run-{name}", RunState.RUNNING)
    rows = [
        report(
            state,
            10,
            job=f"{SCHEDD}#{cluster}.0#1",
            run_id="run-a",
            dataset="a",
            process_name=name,
            schedd=SCHEDD,
            owner="owl",
            host="node7",
        )
        for cluster, name, state in ((1, "FIRST", State.RUNNING), (2, "SECOND", State.HELD))
    ]
    sqlite.write(blackboard.record, rows)
    follow(sqlite, "run-b", RunState.FAILED)
    return Commands(database=sqlite)


def names(calls: Commands, number: int) -> list[str]:
    return [target.name for target in calls.targets(number)]


def ask(calls: Commands, verb: Verb, value: float | None = None, **selection: object) -> int:
    wanted = Selection(**selection)  # type: ignore[arg-type]  # the names are checked when it runs
    return calls.request(verb, wanted, requested_by="alice", value=value).id


def finish(calls: Commands, number: int, state: CommandState, words: str) -> None:
    outcomes = [(target, state, words) for target in calls.targets(number)]
    calls.database.write(commands.report, outcomes, now=utc_now())


def test_a_filter_that_names_steps_is_for_steps_and_one_that_does_not_is_for_runs(calls: Commands) -> None:
    first, second = (f"{SCHEDD}#{n}.0#1" for n in (1, 2))
    assert names(calls, ask(calls, Verb.HOLD, filter=Filter(dataset="a", process_name="*"))) == [first]
    assert names(calls, ask(calls, Verb.RELEASE, filter=Filter(process_name="SEC*"))) == [second]
    assert names(calls, ask(calls, Verb.REMOVE, filter=Filter(host="node?"))) == [first, second]
    assert names(calls, ask(calls, Verb.HOLD, filter=Filter(dataset="a", workflow="pair"))) == ["run-a"]
    assert names(calls, ask(calls, Verb.HALT, filter=Filter(states=(State.HELD,)))) == ["run-a"]
    assert names(calls, ask(calls, Verb.HOLD, runs=("run-a", "a"), jobs=(second,))) == ["run-a", second]
    with pytest.raises(NotFound, match="nothing that hold could be done to matches --dataset 'b'"):
        ask(calls, Verb.HOLD, filter=Filter(dataset="b"))
    with pytest.raises(NotFound, match="there is no run or dataset 'nobody'"):
        ask(calls, Verb.HOLD, runs=("nobody",))
    with pytest.raises(NotFound, match=r"there is no job 'x#1\.0#2'"):
        ask(calls, Verb.HOLD, jobs=("x#1.0#2",))


@pytest.mark.parametrize("bad", ["a b", "a'", "$(x)", "", "x" * 201, "a\n", "ä"])
def test_a_malformed_filter_is_refused_in_one_line(bad: str) -> None:
    with pytest.raises(InvalidName, match=r"\A--dataset .* can't be a name: [^\n]*\Z"):
        Filter(dataset=bad)


def test_everything_must_be_meant_and_nothing_must_be_named(calls: Commands) -> None:
    for everything in (Filter(), Filter(dataset="*"), Filter(dataset="**", workflow="*")):
        with pytest.raises(NotAllowed, match="hold everything \\(1 of them\\); say --yes"):
            calls.request(Verb.HOLD, Selection(filter=everything), requested_by="alice")
    made = calls.request(Verb.HOLD, Selection(filter=Filter()), requested_by="alice", everything=True)
    assert (made.filter, made.total, made.state) == ("everything", 1, CommandState.QUEUED)
    with pytest.raises(InvalidName, match=r"hold what\?"):
        ask(calls, Verb.HOLD)
    with pytest.raises(NotAllowed, match=r"b \(run run-b\) can't be told to remove: it is Failed"):
        ask(calls, Verb.REMOVE, runs=("b",))
    with pytest.raises(InvalidName, match="priority needs a number"):
        ask(calls, Verb.PRIORITY, runs=("a",))
    with pytest.raises(InvalidName, match="a request of its own"):
        ask(calls, Verb.RESCUE, runs=("b",))
    with pytest.raises(InvalidName, match="somebody"):
        calls.request(Verb.HOLD, Selection(runs=("a",)), requested_by=" ")


def test_a_command_ends_with_its_last_target_and_says_what_was_not_done(calls: Commands) -> None:
    number = ask(calls, Verb.REMOVE, filter=Filter(dataset="a", process_name="*"))
    first, second = calls.targets(number)
    database = calls.database
    database.write(commands.report, [(first, CommandState.DONE, "removed")], now=utc_now())
    assert calls.get(number).state is CommandState.QUEUED
    database.write(commands.report, [(second, CommandState.FAILED, "no\nsecond line")], now=utc_now())
    found = calls.get(number)
    assert (found.state, found.done, found.failed) == (CommandState.FAILED, 1, 1)
    assert found.result == "1 done; 1 not done: no"
    database.write(commands.report, [(first, CommandState.RUNNING, "again")], now=utc_now())
    assert calls.targets(number)[0].result == "removed"


def test_what_nobody_takes_in_time_expires_and_what_is_running_does_not(calls: Commands) -> None:
    late = calls.request(Verb.HOLD, Selection(runs=("a",)), requested_by="alice", expires_in=-1.0)
    assert calls.get(late.id).state is CommandState.EXPIRED
    assert calls.targets(late.id)[0].result == "nobody took it in time"
    taken = calls.request(Verb.HOLD, Selection(runs=("a",)), requested_by="alice", expires_in=60.0)
    calls.database.write(commands.take, calls.targets(taken.id), "owld@here")
    calls.database.write(commands.expire, now=utc_now() + timedelta(hours=1))
    assert calls.get(taken.id).state is CommandState.RUNNING


def test_it_is_said_which_daemon_a_command_waits_for(calls: Commands) -> None:
    number = ask(calls, Verb.HOLD, jobs=(f"{SCHEDD}#1.0#1",))
    assert calls.waits_for(number) == [f"no owld of {SCHEDD} runs: 1 of them wait for it"]
    steps = ask(calls, Verb.PRIORITY, 5.0, jobs=(f"{SCHEDD}#1.0#1",))
    assert calls.waits_for(steps) == [f"no owld of {SCHEDD} runs: 1 of them wait for it"]
    whole = ask(calls, Verb.PRIORITY, 5.0, runs=("a",))
    assert calls.waits_for(whole) == ["no shoveler of any submit host runs: 1 of them wait for it"]
    alive = Daemon(
        name="owld",
        host="here",
        pid=1,
        version="1",
        started_at=utc_now(),
        heartbeat=utc_now(),
        facts={"schedd": SCHEDD},
    )
    calls.database.write(daemons.beat, alive)
    assert calls.waits_for(number) == []
    assert calls.preview(Verb.HOLD, Selection(runs=("a",))).runs == 1


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 1e30])
def test_a_command_cannot_expire_at_a_time_that_there_is_not(calls: Commands, seconds: float) -> None:
    with pytest.raises(InvalidName, match="isn't a number of seconds"):
        calls.request(Verb.HOLD, Selection(runs=("a",)), requested_by="alice", expires_in=seconds)


def test_what_is_only_kept_up_is_not_waited_for_where_it_need_not_be(calls: Commands) -> None:
    number = ask(calls, Verb.PRIORITY, 5.0, runs=("a",))
    [target] = calls.targets(number)
    assert calls.wait(number, 0.0, kept_up=True).state is CommandState.QUEUED
    calls.database.write(commands.report, [(target, CommandState.RUNNING, "kept up")], now=utc_now())
    assert calls.wait(number, 3600.0, kept_up=True).state is CommandState.RUNNING
    assert calls.wait(number, 0.0).result == "kept up"


def test_a_target_is_taken_by_one(calls: Commands) -> None:
    [target] = calls.targets(ask(calls, Verb.HOLD, runs=("a",)))
    assert calls.database.write(commands.take_one, target, "one")
    assert not calls.database.write(commands.take_one, target, "other")


def test_the_audit_shows_what_was_changed_or_taken_out_past_owl(calls: Commands) -> None:
    numbers = [ask(calls, verb, runs=("a",)) for verb in (Verb.HOLD, Verb.RELEASE, Verb.HALT)]
    for number in numbers:
        finish(calls, number, CommandState.DONE, "done")
    assert calls.broken() == []

    def change(statement: Executable) -> None:
        calls.database.write(lambda connection: execute(connection, statement))

    first, second, third = numbers
    change(update(command).where(command.c.id == first).values(result="nothing happened"))
    assert calls.broken() == [(first, "what came of it was changed")]
    change(update(command).where(command.c.id == second).values(requested_by="bob"))
    assert [number for number, _ in calls.broken()] == [first, second]
    change(delete(command_target).where(command_target.c.command_id == second))
    change(delete(command).where(command.c.id == second))
    assert [number for number, _ in calls.broken()] == [first, third]


def execute(connection: Connection, statement: Executable) -> None:
    connection.execute(statement)


def test_what_was_asked_of_a_run_since_a_time(calls: Commands) -> None:
    before = utc_now()
    ask(calls, Verb.REMOVE, runs=("a",))

    def asked(run: str, verb: Verb, since: object) -> bool:
        return calls.database.read(commands.asked, verb, run, since=since)  # type: ignore[arg-type]  # str for its id

    assert asked("run-a", Verb.REMOVE, before)
    assert not asked("run-a", Verb.HOLD, before)
    assert not asked("run-a", Verb.REMOVE, utc_now())
    assert not asked("run-b", Verb.REMOVE, before)
    assert calls.database.read(commands.being_done, Verb.REMOVE, ["run-a", "run-b"]) == {"run-a": 1}


def test_a_target_keeps_all_that_is_known_of_it(calls: Commands) -> None:
    [target] = calls.targets(ask(calls, Verb.HOLD, jobs=(f"{SCHEDD}#1.0#1",)))
    assert target == Target(
        command_id=target.command_id,
        id=1,
        kind=TargetKind.STEP,
        name=f"{SCHEDD}#1.0#1",
        state=CommandState.QUEUED,
        run_id="run-a",
        dataset="a",
        process_name="FIRST",
        owner="owl",
        schedd=SCHEDD,
    )

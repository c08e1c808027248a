"""`owl status`, `jobs`, `show`, `logs`: what operators look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from owl.app import App, make_app
from owl.cli import output
from owl.cli.dpq import StateChoice
from owl.daemon import words_left
from owl.errors import NotFound, OwlError
from owl.model import RUN_ENDED, Execution, State
from owl.ops import Health, Level, Provenance, Status, health

# The talk's Monitor pane: its headings, and where each comes from.
MONITOR: Mapping[str, str] = {
    "FILESET": "dataset",
    "STATUS": "status",
    "OWNER": "owner",
    "START TIME": "start_time",
    "PROCESS NAME": "process_name",
    "PARENT NAME": "parent_name",
    "STATE": "state",
    "DURATION": "duration",
    "COMPLETION TIME": "completion_time",
    "EXIT CODE": "exit_code",
    "GLOBAL JOB ID": "global_job_id",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--check", is_flag=True, help="One line; exit with 0 (ok), 1 (warning) or 2 (critical).")
def status(as_json: bool, check: bool) -> int:
    """Show queue, runs, steps, daemons and pool at one look."""
    app = make_app()
    if check:
        return _check(app)
    words = words_left(app.settings.state_dir)  # of daemons that can't write to a database that may still be read
    if not as_json:
        for one in words:
            click.echo(output.escaped(one))
    found = app.ops.status()
    if as_json:
        output.print_json({**_plain(found), "pool": found.pool, "health": health(found), "words": words})
    else:
        output.table(("what", "how many"), _status_rows(found))
        output.table(("daemon", "host", "pid", "alive", "last heard of", "says"), _daemon_rows(found))
        for alert in found.alerts:
            click.secho(f"ALERT since {output.cell(alert.raised_at)}: {output.escaped(alert.text)}", bold=True)
    return 0


def _check(app: App) -> int:
    try:
        found = health(app.ops.status(), words_left(app.settings.state_dir))
    except OwlError as error:
        found = Health(level=Level.CRITICAL, lines=(str(error),))
    click.echo(output.escaped(found.words))
    return found.level.code


@click.command()
@click.option("--dataset", help="Its name; * and ? stand for any characters.")
@click.option("--workflow")
@click.option("--process", "process_name", help="The step's name; * and ? stand for any characters.")
@click.option("--owner")
@click.option("--run", "run_id", help="The run's id.")
@click.option("--state", multiple=True, type=StateChoice([state.value for state in State]), help="Repeatable.")
@click.option("--failed", is_flag=True, help="Only what has failed, is held or is lost.")
@click.option("-n", "--limit", type=click.IntRange(1, 1_000_000), default=50, help="Most rows (default 50).")
@click.option("--offset", type=click.IntRange(0), default=0, help="Rows to pass over.")
@click.option("--classad", "with_classad", is_flag=True, help="With the full ClassAd (JSON only).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def jobs(as_json: bool, state: tuple[str, ...], **filters: Any) -> None:
    """Show job steps as the Monitor pane does, the latest start first."""
    found = make_app().ops.executions(states=[State(one) for one in state], **filters)
    if as_json:
        output.print_json(found)
    else:
        output.table(list(MONITOR), [[monitor_value(row, name) for name in MONITOR.values()] for row in found])


@click.command()
@click.argument("dataset_or_run")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show(dataset_or_run: str, as_json: bool) -> None:
    """Show a run with its request, submissions and steps: by its id, or the newest of a dataset."""
    found = make_app().ops.provenance(dataset_or_run)
    if as_json:
        output.print_json(_plain(found))
    else:
        _show_run(found)


KINDS = ("out", "err", "dagman", "events", "rescue")


@click.command()
@click.argument("dataset_or_run")
@click.argument("step", required=False)
@click.option("-n", "lines", type=click.IntRange(1, 1_000_000), default=20, help="Lines from the end (default 20).")
@click.option("--start", type=click.IntRange(1), help="Of STEP's first, second, … execution (default: the last).")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Repeatable (default: out, err, dagman)."
)
@click.option("-f", "--follow", "following", is_flag=True, help="Go on with what is written, until the run ends.")
def logs(
    dataset_or_run: str,
    step: str | None,
    lines: int,
    start: int | None,
    kinds: tuple[str, ...],
    following: bool,
) -> None:
    """Show the ends of the logs of a run, or of a dataset's newest: of STEP, or of every step and of DAGMan."""
    from owl.logs import find_logs, tail

    wanted = kinds or KINDS[:3]
    if following:
        _follow(dataset_or_run, step, wanted)
        return
    for log in find_logs(make_app().ops.run(dataset_or_run), step, start=start, kinds=wanted):
        click.secho(f"==> {log.title}: {output.escaped(str(log.path))}", bold=True)
        for line in tail(log.path, lines):
            click.echo(output.log_line(line))


def _follow(dataset_or_run: str, step: str | None, kinds: Sequence[str]) -> None:
    """Logs of one run from their beginnings on; each line says whose it is."""
    from owl.logs import Log, find_logs, follow

    ops = make_app().ops
    run_id = ops.run(dataset_or_run).run.id

    def now() -> list[Log]:
        try:
            return find_logs(ops.run(run_id), step, kinds=kinds)
        except NotFound:
            return []

    for log, line in follow(now, lambda: ops.run(run_id).run.state in RUN_ENDED, poll=1.0):
        click.echo(f"{log.title}: {output.log_line(line)}")


def monitor_value(row: Execution, name: str) -> object:
    """What stands in a column of the Monitor pane."""
    return mark(row) if name == "status" else getattr(row, name)


def mark(row: Execution) -> str:
    """The talk's STATUS column: a tick where a step has gone well, a cross where it hasn't."""
    if row.state is State.EXITED:
        return "✓" if row.exit_code == 0 else "✗"
    return "✗" if row.state in (State.LOST, State.ABORTED, State.REMOVED) else ""


def _status_rows(found: Status) -> Iterable[tuple[str, object]]:
    for what, counted in (("DPQ", found.entries), ("run", found.runs), ("step", found.executions)):
        for state, number in sorted(counted.items()):
            yield f"{what} {state}", number
    if found.pool:
        pool = found.pool
        yield "pool slots busy", f"{pool['busy']} of {pool['slots']}"
        yield "pool jobs", f"{pool['jobs_running']} running, {pool['jobs_idle']} idle"
        yield "records waiting", pool.get("waiting_records", 0)
        silent = pool.get("silent_hooks", {})
        yield from ((f"no hook told of steps on {where}", number) for where, number in sorted(silent.items()))
        yield from ((f"repaired: {cause}", number) for cause, number in sorted(pool.get("repairs", {}).items()))


def _daemon_rows(found: Status) -> Iterable[tuple[object, ...]]:
    for one in found.daemons:
        yield one.name, one.host, one.pid, "yes" if found.alive(one) else "no", one.heartbeat, one.message


def _show_run(found: Provenance) -> None:
    run = found.run
    output.table(("run", run.id), [(name, getattr(run, name)) for name in run.__dataclass_fields__ if name != "id"])
    names = ("number", "state", "global_job_id", "requested_by", "reason", "submitted_at", "ended_at", "exit_code")
    output.table(names, [[getattr(one, name) for name in names] for one in found.submissions])
    columns = ("process_name", "start_number", "state", "host", "start_time", "duration", "exit_code", "source")
    output.table(columns, [[getattr(row, name) for name in columns] for row in found.executions])
    if found.commands:
        told = ("id", "verb", "requested_by", "requested_at", "state", "result", "reason")
        output.table(told, [[getattr(one, name) for name in told] for one in found.commands])
    output.table(("file", "bytes"), [(one.name, one.bytes) for one in (*found.files, *found.products)])


def _plain(noun: Any) -> dict[str, Any]:
    return {name: getattr(noun, name) for name in noun.__dataclass_fields__}

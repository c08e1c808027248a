"""The composition root: which part gets which other part is written here and nowhere else."""

from __future__ import annotations

import gc
import getpass
import os
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from owl.config import Settings, load_settings
from owl.daemon import Stop, alone, configure_logging, host_name, loop
from owl.db.engine import Database
from owl.db.secret import with_password
from owl.ops import Operations
from owl.workflow.catalog import Catalog

# Daemons that tell operators of what they see, and Prometheus of what they do; their order is that of their ports.
WATCHED = ("shoveler", "owld")
SHOVELER_LOOK = 0.25  # seconds between two looks at the queue
POLLER_PERIOD = 0.1  # seconds between two looks at what file events have told; they cost next to nothing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from owl.figures import Figures
    from owl.notices.beside import Beside
    from owl.owld.rebuild import Rebuilt
    from owl.owld.service import Owld
    from owl.poller.once import Outcome
    from owl.poller.service import Poller
    from owl.poller.table import Recipe
    from owl.rescue import RescueServer
    from owl.shoveler import Shoveler

    AnyDaemon = Shoveler | Owld | Poller | RescueServer


@runtime_checkable
class Watched(Protocol):
    """A daemon beside which a herald and figures run."""

    @property
    def place(self) -> str:
        """Where it runs."""

    @property
    def figures(self) -> Figures:
        """What it does, in figures."""


@dataclass(frozen=True)
class App:
    """OWL with its settings: the parts are made when they are first asked for."""

    settings: Settings

    @cached_property
    def database(self) -> Database:
        """The database, used as long as its tables are this version's; they may not be there yet."""
        return self.open_database(self.settings.database_url, same_schema=True)

    def open_database(self, url: str, *, hurry: bool = True, same_schema: bool = False) -> Database:
        """A database with the settings' password and times; without `hurry` a statement may take for ever."""
        settings = self.settings
        return Database(
            with_password(url, settings),
            patience=settings.database_patience,
            login_timeout=settings.database_login_timeout,
            query_timeout=settings.database_query_timeout if hurry else 0,
            same_schema=same_schema,
        )

    @cached_property
    def catalog(self) -> Catalog:
        """The workflows."""
        return Catalog(self.settings.template_root)

    @cached_property
    def ops(self) -> Operations:
        """What operators and other programs may ask for."""
        return Operations(
            database=self.database,
            catalog=self.catalog,
            environment=self.settings.environment,
            scratch=self.settings.state_dir,
        )

    def shoveler(self) -> Shoveler:
        """A shoveler for this submit host."""
        from owl.condor.check import Checker
        from owl.condor.schedd import Schedd
        from owl.condor.submit import DrmaaSubmitter
        from owl.shoveler import Shoveler
        from owl.workflow.render import Renderer

        return Shoveler(
            settings=self.settings,
            database=self.database,
            catalog=self.catalog,
            renderer=Renderer(),
            checker=Checker(),
            submitter=DrmaaSubmitter(self.settings.drmaa_library),
            schedd=Schedd(),
            figures=self.figures("shoveler"),
        )

    def figures(self, daemon: str) -> Figures:
        """A daemon's figures for Prometheus."""
        from owl.figures import Figures

        port = self.settings.metrics_port
        port += WATCHED.index(daemon) if port else 0
        return Figures(daemon=daemon, folder=self.settings.metrics_dir, port=port)

    def beside(self, daemon: str, place: str, figures: Figures) -> Beside:
        """What runs beside a daemon."""
        from owl.notices.beside import Beside
        from owl.notices.herald import Herald
        from owl.notices.send import Sender

        herald = Herald(
            database=self.database,
            sender=Sender.of(self.settings),
            identity=f"{daemon}@{place}",
            host=host_name(),
            delay=self.settings.notify_delay,
            tells_database=daemon == "owld",
        )
        return Beside(herald=herald, figures=figures)

    def owld(self) -> Owld:
        """An owld for this host."""
        from owl.condor.schedd import Schedd
        from owl.owld.commands import Commands
        from owl.owld.ends import Ends
        from owl.owld.reconcile import Reconciler
        from owl.owld.service import Owld
        from owl.owld.triage import Triage

        schedd = Schedd()
        return Owld(
            settings=self.settings,
            database=self.database,
            reconciler=Reconciler(self.database, schedd),
            commands=Commands(self.database, schedd, f"owld@{host_name()}"),
            triage=Triage(self.database),
            ends=Ends(self.database),
            figures=self.figures("owld"),
        )

    def rescue_server(self) -> RescueServer:
        """A rescue server for this host and this user."""
        from owl.condor.check import Checker
        from owl.condor.schedd import Schedd
        from owl.rescue import RescueServer
        from owl.rescue.faults import Faults
        from owl.rescue.policy import Policy
        from owl.rescue.ready import Readier
        from owl.workflow.render import Renderer

        readier = Readier(
            settings=self.settings,
            database=self.database,
            catalog=self.catalog,
            renderer=Renderer(),
            checker=Checker(),
            schedd=Schedd(),
            faults=Faults.of(os.environ),
        )
        return RescueServer(
            database=self.database,
            readier=readier,
            policy=Policy(database=self.database, catalog=self.catalog, owner=getpass.getuser()),
            state_dir=str(self.settings.state_dir),
        )

    def poller(self, recipe: Recipe) -> Poller:
        """A poller on this host."""
        from owl.poller.service import Poller

        table = recipe.table
        return Poller(
            recipe=recipe,
            database=self.database,
            catalog=self.catalog,
            quarantine=table.quarantine or self.settings.state_dir / "quarantine" / table.name,
        )

    def recipe(self, name: str) -> Recipe:
        """What the table of the poller of that name says, or `NotFound`."""
        from owl.poller.table import find_recipe

        return find_recipe(self.settings.poller_dir, name)


def make_app(**options: Any) -> App:
    """OWL with the settings of owl.toml and the environment; `options` (those not None) win over both."""
    return App(load_settings(**options))


def log_as_told(settings: Settings) -> None:
    """Set the log up as the settings say."""
    file = Path(settings.log_file) if settings.log_file else None
    configure_logging(settings.log_level, settings.log_format, file)


def rebuild_blackboard(app: App, url: str, *, since: datetime | None) -> tuple[Rebuilt, list[str], str]:
    """Make the blackboard again in another, empty database.

    Returns:
        What was found, a line for each difference from the database in use, and why there was nothing to compare
        with: a database that was lost is what one rebuilds for.
    """
    from owl.condor.schedd import Schedd
    from owl.db import migrate
    from owl.errors import DatabaseError, SchemaOutdated
    from owl.owld.rebuild import differences, rebuild

    target = app.open_database(url, hurry=False)
    migrate.upgrade(target)
    found = rebuild(target, Schedd(), app.settings.work_root, since=since)
    try:
        return found, list(differences(app.database, target)), ""
    except (DatabaseError, SchemaOutdated) as error:
        return found, [], str(error)


def run_shoveler(app: App) -> None:
    """Run a shoveler until it is told to stop.

    Raises:
        AlreadyRunning: there is one on this host already.
    """
    # It claims once in a period at most, but the first request after a pause goes at once.
    _run("shoveler", app, App.shoveler, min(SHOVELER_LOOK, app.settings.shoveler_period))


def run_owld(app: App) -> None:
    """Run an owld until it is told to stop.

    Raises:
        AlreadyRunning: there is one on this host already.
    """
    _run("owld", app, App.owld, app.settings.drain_period)


def run_poller(app: App, name: str) -> None:
    """Run a poller until it is told to stop.

    Raises:
        NotFound: there is no table of that name.
        AlreadyRunning: it runs here already.
    """
    recipe = app.recipe(name)
    _run(poller_lock(name), app, lambda app: app.poller(recipe), POLLER_PERIOD)


def poll_once(app: App, name: str, *, seconds: float) -> Outcome:
    """Let a poller look once.

    Raises:
        NotFound: there is no table of that name.
        AlreadyRunning: it looks already.
    """
    from owl.poller.once import once

    recipe = app.recipe(name)
    stop = Stop()
    with alone(poller_lock(name), app.settings.state_dir), stop.on_signals():
        app.database.check_schema()
        poller = app.poller(recipe)
        try:
            return once(poller, stop, seconds=seconds)
        finally:
            poller.stopped()


def poller_lock(name: str) -> str:
    """What a poller's lock is called."""
    return f"poller-{name}"


def run_rescue_server(app: App) -> None:
    """Run this user's rescue server until it is told to stop.

    Raises:
        AlreadyRunning: there is one of this user's on this host already.
    """
    _run(f"rescue-server-{getpass.getuser()}", app, App.rescue_server, app.settings.rescue_period)


def _run(name: str, app: App, make: Callable[[App], AnyDaemon], period: float) -> None:
    """What every daemon of OWL does: its log, its lock, its loop, and a word when it ends."""
    log_as_told(app.settings)
    stop = Stop()
    with alone(name, app.settings.state_dir), stop.on_signals():
        app.database.check_schema()
        daemon = make(app)
        beside = app.beside(name, daemon.place, daemon.figures) if isinstance(daemon, Watched) else None
        gc.freeze()  # what is there now stays: a collection in the middle of a claim would go through all of it
        step = daemon.step if beside is None else beside.around(daemon.step)
        step = with_schema_checked(step, app.database)
        loop(step, period=period, stop=stop, memory_limit=app.settings.memory_limit)
        daemon.stopped()
        if beside is not None:
            beside.herald.close()


def with_schema_checked(step: Callable[[], bool], database: Database, every: float = 60.0) -> Callable[[], bool]:
    """A daemon's step that first looks, now and then, whether the tables are still this version's.

    A daemon that was left running through an upgrade then says so and does nothing, until it is started anew.
    """
    due = 0.0

    def checked() -> bool:
        nonlocal due
        if time.monotonic() >= due:
            database.check_schema()
            due = time.monotonic() + every
        return step()

    return checked

"""Pollers as operators have them: a daemon that is killed, cron, wrong tables, a database that goes away."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

import pytest

from owl.faults import DIED
from owl.intake import EventState
from owl.poller.faults import POINTS
from tests.fixtures.site import DEADLINE, OWL, Site, wait_for

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
TABLE = """
[poller.{name}]
directory = "{inbox}"
pattern = "*.dat"
match = '(?P<dataset>[a-z0-9]+)\\.dat'
complete = "{complete}"
quiet = 0.2
workflow = "pair"
priority = 5
scan_period = {scan}
afterwards = "move"
destination = "{done}"
"""


class Watched:
    """A directory, and the pollers of a site that watch it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.inbox, self.done = site.folder / "inbox", site.folder / "done"
        self.inbox.mkdir()
        (site.folder / "state" / "pollers").mkdir(parents=True)
        self.quarantine = site.folder / "state" / "quarantine"

    def table(self, name: str = "p", complete: str = "rename", scan: float = 0.3) -> Path:
        """Write a poller's table."""
        path = self.site.folder / "state" / "pollers" / f"{name}.toml"
        path.write_text(TABLE.format(name=name, inbox=self.inbox, done=self.done, complete=complete, scan=scan))
        return path

    def put(self, name: str, content: bytes = b"content") -> None:
        """A file, renamed into place."""
        temporary = self.inbox / f".{name}"
        temporary.write_bytes(content)
        temporary.rename(self.inbox / name)

    def datasets(self) -> list[str]:
        """What was asked for."""
        return sorted(entry.dataset for entry in self.site.ops.entries(limit=10_000))

    def settled(self, number: int) -> bool:
        """Whether so many events are, and all are."""
        events = self.site.ops.pollers.events(limit=10_000)
        return len(events) == number and {event.state for event in events} == {EventState.SETTLED}


@pytest.fixture
def watched(desk: Site) -> Watched:
    """A site with an inbox."""
    return Watched(desk)


def test_two_daemons_that_are_killed_again_and_again_ask_for_each_file_once(watched: Watched) -> None:
    chance = random.Random(7)
    watched.table("first")
    watched.table("second")
    site, files = watched.site, 0
    second = site.start("poller", "run", "second")
    for _ in range(6):
        first = site.start("poller", "run", "first")
        for _ in range(25):
            watched.put(f"ds{files}.dat")
            files += 1
        with suppress(subprocess.TimeoutExpired):
            first.wait(chance.uniform(0.6, 1.4))  # its start takes the first half second
        victim = first if chance.random() < 0.7 else second
        victim.kill()
        victim.wait()
        if victim is second:
            first.kill()
            first.wait()
            second = site.start("poller", "run", "second")
    site.start("poller", "run", "first")
    wait_for(lambda: watched.settled(files), f"all are dealt with\n{site.log('poller')[-2000:]}")
    assert watched.datasets() == sorted(f"ds{number}" for number in range(files))
    assert sorted(path.name for path in watched.done.iterdir()) == sorted(f"ds{n}.dat" for n in range(files))
    assert list(watched.inbox.iterdir()) == []


def test_a_poller_dies_at_each_point_and_cron_goes_on(watched: Watched) -> None:
    watched.table()
    site = watched.site
    for number, point in enumerate(POINTS):
        watched.put(f"ds{number}.dat")
        environment = {**site.environment, "OWL_FAULTS": "1", "OWL_FAULT_POINT": point}
        died = subprocess.run(
            [str(OWL), "poller", "once", "p"], env=environment, cwd=site.folder, check=False, timeout=DEADLINE
        )
        assert died.returncode == DIED, point
        site.owl("poller", "once", "p")
        assert watched.settled(number + 1), point
    assert watched.datasets() == [f"ds{number}" for number in range(len(POINTS))]


def test_cron(watched: Watched) -> None:
    """Silent where nothing is wrong; every outcome has an exit code; no two at a time; half-written files wait."""
    watched.table(complete="quiet")
    site = watched.site
    nothing = site.owl("poller", "once", "p")
    watched.put("ds1.dat")
    done = site.owl("poller", "once", "p")
    assert (nothing.stdout, nothing.stderr, done.stdout, done.stderr) == ("", "", "", "")
    assert watched.datasets() == ["ds1"]
    watched.put("NOT.dat")
    bad = site.owl("poller", "once", "p", code=3)
    assert "NOT.dat is rejected: match" in bad.stderr
    assert (watched.quarantine / "p" / "NOT.dat.reason").exists()
    site.start("poller", "run", "p")
    wait_for(lambda: site.ops.pollers.get("p").alive, "it runs")
    assert site.owl("poller", "once", "p", code=4).stderr == ""
    site.stop()
    watched.inbox.rename(site.folder / "away")
    away = site.owl("poller", "once", "p", code=1)
    assert "can't be read (No such file or directory)" in away.stderr
    assert "there is no poller q in" in site.refused("poller", "once", "q")


def test_a_day_of_an_operator(watched: Watched) -> None:
    """Check a table, start it, look at it, pause it, mend a reject, end it."""
    site, table = watched.site, watched.table()
    watched.put("ds1.dat")
    checked = site.owl("poller", "check", str(table)).stdout
    assert "ds1.dat: ds1 for pair, priority 5" in checked
    table.write_text(table.read_text().replace('workflow = "pair"', 'workflow = "piar"'))
    assert "did you mean pair?" in site.owl("poller", "check", str(table), code=1).stdout
    watched.table()
    assert "it never ran" in site.owl("poller", "list").stdout
    daemon = site.start("poller", "run", "p")
    wait_for(lambda: watched.datasets() == ["ds1"], "it is taken")
    site.owl("poller", "pause", "p", "--reason", "maintenance")
    assert "maintenance" in site.owl("poller", "list").stdout
    site.owl("poller", "resume", "p")
    watched.put("BAD.dat")
    wait_for(lambda: site.ops.pollers.events(states=[EventState.QUARANTINED]), "it is in the quarantine")
    wait_for(lambda: "BAD.dat is rejected: match" in site.log("poller"), "its log says so")
    (event,) = json.loads(site.owl("poller", "events", "p", "--state", "quarantined", "--json").stdout)
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(DEADLINE) == 0
    table.write_text(table.read_text().replace("[a-z0-9]+", "[A-Za-z0-9]+"))
    site.owl("poller", "retry", str(event["id"]))
    site.start("poller", "run", "p")
    wait_for(lambda: watched.datasets() == ["BAD", "ds1"], "it is taken after all")
    assert "is to be tried again" in site.refused("poller", "retry", str(event["id"]))
    assert "Traceback" not in site.log("poller")
    site.stop()
    (state,) = site.ops.pollers.list()
    assert state.stopped_at is not None


def test_a_database_that_is_away_while_files_arrive(watched: Watched) -> None:
    watched.table()
    site = watched.site
    site.start("poller", "run", "p")
    wait_for(lambda: site.ops.pollers.list(), "it runs")
    with closing(
        sqlite3.connect(site.folder / "state" / "owl.db", timeout=DEADLINE, isolation_level=None)
    ) as other:
        other.execute("BEGIN EXCLUSIVE")  # nobody else gets a word in
        for number in range(5):
            watched.put(f"ds{number}.dat")
        wait_for(lambda: "trying again" in site.log("poller"), "it has noticed")
        other.execute("ROLLBACK")
    wait_for(lambda: watched.settled(5), f"all are taken\n{site.log('poller')}")
    assert watched.datasets() == [f"ds{number}" for number in range(5)]


def test_more_file_events_than_the_system_keeps(watched: Watched) -> None:
    """The kernel drops what comes when its queue is full; the poller is told, and scans."""
    watched.table(scan=86_400)
    site = watched.site
    daemon = site.start("poller", "run", "p")
    watched.put("ds1.dat")
    wait_for(lambda: watched.settled(1), f"it takes files\n{site.log('poller')}")
    daemon.send_signal(signal.SIGSTOP)
    os.waitpid(daemon.pid, os.WUNTRACED)  # now it reads no events, and they pile up
    for _ in range(int(QUEUE.read_text())):
        for name in (".a", ".b"):  # an event that is like the last one in the queue isn't kept
            (watched.inbox / name).write_bytes(b"")
    watched.put("ds2.dat")
    daemon.send_signal(signal.SIGCONT)
    wait_for(lambda: watched.settled(2), f"a scan has found it\n{site.log('poller')}")
    wait_for(lambda: "max_queued_events" in site.ops.pollers.get("p").message, "operators are told")
    assert "max_queued_events" in site.owl("poller", "list").stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_directory_that_may_not_be_read(watched: Watched) -> None:
    watched.table()
    watched.inbox.chmod(0)
    try:
        assert "can't be read (Permission denied)" in watched.site.owl("poller", "once", "p", code=1).stderr
    finally:
        watched.inbox.chmod(0o755)

"""Notices reach a real web server and a real mail server: breaker, daemon, campaign, database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from owl.daemon import utc_now
from owl.db import campaigns, control, daemons, dpq, runs
from owl.db.campaigns import Campaign
from owl.errors import InvalidSetting
from owl.model import Daemon, RunState
from owl.notices.herald import Herald
from owl.notices.send import Sender
from owl.pool.ports import choose_port
from tests.fixtures.database import add_entry, begin_run
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.site import Site, make_site, wait_for
from tests.integration.notices.conftest import Received


def herald(site: Site, received: Received, name: str = "shoveler@here/1") -> Herald:
    """A daemon's herald that tells both servers."""
    server, _, port = received.smtp.partition(":")
    sender = Sender(webhook=received.webhook, to=("ops@example.org",), server=server, port=int(port))
    return Herald(database=site.app.database, sender=sender, identity=name, host="here", delay=40)


def finish(one: Herald) -> None:
    """Wait until it has sent what it is sending."""
    wait_for(lambda: not one._is_sending(), "it is sent")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """These receivers answer, if slowly."""
    monkeypatch.setattr("owl.notices.send.SECONDS", 300)


@pytest.fixture
def told(desk: Site, received: Received) -> Iterator[Herald]:
    """A herald that has looked once."""
    made = herald(desk, received)
    made.step(0)
    yield made
    made.close()


def test_each_alert_is_sent_once_by_webhook_and_by_mail(desk: Site, received: Received, told: Herald) -> None:
    details = {"causes": [{"step": "LEVEL_1", "exit_code": 3, "failures": 9}]}
    text = "workflow imaging is stopped:\n9 of the last 10 failed"
    desk.app.database.write(control.raise_alert, "breaker", "imaging", text, details, now=utc_now())
    other = herald(desk, received, "owld@here")
    for one in (told, other):
        one.step(10)
        finish(one)
    [post] = received.posts
    assert (post["kind"], post["scope"], post["details"], post["host"]) == ("breaker", "imaging", details, "here")
    [mail] = received.mails
    assert mail.startswith("ops@example.org\n")
    assert "Subject: OWL: workflow imaging is stopped: 9 of the last 10 failed" in mail
    assert "LEVEL_1" in mail


def test_what_cannot_be_sent_is_tried_again(
    desk: Site, received: Received, told: Herald, caplog: pytest.LogCaptureFixture
) -> None:
    received.refuse = True
    desk.app.database.write(control.raise_alert, "breaker", "imaging", "stopped", {}, now=utc_now())
    told.step(10)
    finish(told)
    assert "webhook: HTTP status 500" in caplog.text
    assert "geheim" not in caplog.text
    received.refuse = False
    told.step(20)
    finish(told)
    assert not received.posts
    told.step(45)
    finish(told)
    assert [post["text"] for post in received.posts] == ["stopped"]


def test_a_lost_daemon_is_told_and_its_return_ends_the_alert(desk: Site, received: Received, told: Herald) -> None:
    database, now = desk.app.database, utc_now()
    facts: dict[str, Any] = {"name": "owld", "host": "node7", "pid": 1, "version": "1", "started_at": now}
    database.write(daemons.beat, Daemon(**facts, heartbeat=now))
    for clock in (10, 30):
        told.step(clock)
    assert not desk.ops.status().alerts
    told.step(51)
    finish(told)
    [post] = received.posts
    assert (post["kind"], post["scope"]) == ("daemon", "owld@node7")
    assert post["text"].startswith("owld on node7 is lost: not heard of since ")
    told.step(60)
    assert len(desk.ops.status().alerts) == 1
    database.write(daemons.beat, Daemon(**facts, heartbeat=utc_now()))
    told.step(70)
    assert not desk.ops.status().alerts


def test_a_finished_campaign_is_told_once_and_again_after_new_entries(
    desk: Site, received: Received, told: Herald
) -> None:
    database, now = desk.app.database, utc_now()
    new = Campaign(name="spring", description="", created_by="alice", created_at=now)
    database.write(campaigns.create, new)
    clock = 0

    def step() -> list[str]:
        nonlocal clock
        clock += 10
        told.step(clock)
        finish(told)
        return [post["text"] for post in received.posts]

    assert step() == []
    for round_, state in enumerate((RunState.DONE, RunState.FAILED), start=1):
        begin_run(database, add_entry(database, f"ds{round_}", campaign="spring"), f"run-{round_}")
        assert len(step()) == round_ - 1
        database.write(runs.follow, f"run-{round_}", 0, state, now=utc_now())
        assert len(step()) == round_
    assert step() == ["campaign spring has finished: 1 Done", "campaign spring has finished: 1 Done, 1 Failed"]
    assert not desk.ops.status().alerts
    assert database.read(dpq.counts)


def figures(port: int) -> str:
    """What is served to a Prometheus; nothing before it is."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=300) as answer:
            return str(answer.read().decode())
    except OSError:
        return ""


@pytest.mark.postgresql
def test_owld_tells_that_the_database_is_away_and_back_and_serves_its_figures(
    run_directory: Path, received: Received, postgres: PostgresServer
) -> None:
    port, name = choose_port(), f"notices_{postgres.next_number()}"
    postgres.run(f"CREATE DATABASE {name}")
    folder = run_directory / "sites" / name
    settings = {
        "notify_webhook": received.webhook,
        "notify_email": "ops@example.org",
        "smtp_server": received.smtp,
        "notify_delay": 1,
        "database_patience": 0.1,
        "metrics_port": port - 1,
        "metrics_dir": str(folder),
    }
    with make_site(folder, folder / "spool", database_url=postgres.url(name), **settings) as site:
        site.environment["CONDOR_CONFIG"] = "/dev/null"
        site.start("owld", "run")
        wait_for(lambda: site.ops.status().daemons, "owld is up\n" + site.log("owld"))
        wait_for(lambda: "owl_database_away 0.0" in figures(port), "its figures say that the database is there")
        postgres.stop()
        try:
            wait_for(lambda: received.mails, lambda: f"webhook and mailbox are told\n{site.log('owld')}")
            file = folder / "owl_owld.prom"
            wait_for(lambda: "owl_database_away 1.0" in file.read_text(), "the figures say so")
        finally:
            postgres.start()
        wait_for(lambda: len(received.posts) > 1, lambda: f"it is told that it is back\n{site.log('owld')}")
        assert "has been away for" in received.posts[0]["text"]
        assert "is back after" in received.posts[1]["text"]
        assert "geheim" not in site.log("owld")
        assert json.loads(site.owl("status", "--json").stdout)


def test_addresses_that_cannot_be_are_refused(desk: Site) -> None:
    settings = desk.app.settings
    for wrong, words in (
        (replace(settings, notify_webhook="file:///etc/passwd"), "http"),
        (replace(settings, notify_email="ops"), "addresses"),
        (replace(settings, smtp_server="host:smtp"), "HOST:PORT"),
    ):
        with pytest.raises(InvalidSetting, match=words):
            Sender.of(wrong)

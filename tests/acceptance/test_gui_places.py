"""The GUI's pages below the tabs in a real browser: what only a browser shows.

Rows of a database serve for most of them; a rescue with options goes through the real chain.
"""

from __future__ import annotations

import getpass
import shutil
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from owl.daemon import utc_now
from owl.db import daemons
from owl.model import Daemon, Entry, EntryState, Role, RunState
from owl.ops import AssociationState, Operations
from owl.pool.personal import PersonalPool
from tests.fixtures.browser import Browser, chromium
from tests.fixtures.gui import HOSTILE, PASSWORD, choose, confirm, open_pane, serve
from tests.fixtures.site import Site, make_site, wait_for

WORKFLOWS = Path(__file__).resolve().parent.parent.parent / "templates"
NEW_PASSWORD = "a password of her own"
OK = 'dialog[open] .ask-buttons button[value="ok"]'


@dataclass(frozen=True)
class Desk:
    """A site without HTCondor, and a browser in which an administrator is logged in."""

    site: Site
    browser: Browser


@pytest.fixture(scope="module")
def desk(run_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A GUI over a database that knows a pool of two machines, an association, a request that waits."""
    folder = run_directory / "sites" / "gui-places"
    with make_site(folder, folder / "spool", catalog_url=f"sqlite:///{folder / 'archive.db'}") as site:
        keep_selection(site)
        for name, role in (("ada", Role.ADMIN), ("olga", Role.OPERATOR)):
            site.ops.accounts.create(name, role, PASSWORD, by="test")
        machines = {"node1.example.org": [8, 5], "node2.example.org": [4, 0]}
        facts = {"slots": 12, "busy": 5, "machines": machines, "drained": ["node2.example.org"], "schedd": "ops1"}
        site.ops.add("exposure1", "pair", requested_by="olga")
        associate(site)
        with beating(site, facts), chromium(serve(site), tmp_path_factory.mktemp("browser")) as browser:
            browser.called = {str(folder): "/srv/owl", getpass.getuser(): "owl"}
            browser.log_in("ada", PASSWORD)
            yield Desk(site=site, browser=browser)


def keep_selection(site: Site) -> None:
    """An archive's catalogue, and a query on it that the administrator keeps."""
    with closing(sqlite3.connect(site.folder / "archive.db")) as archive:
        archive.execute("CREATE TABLE science (name TEXT, inst TEXT, exptime REAL)")
        archive.executemany("INSERT INTO science VALUES (?, ?, ?)", [("w1", "WFC3", 9), ("w2", "WFC3", 1)])
        archive.commit()
    kept = site.folder / "state" / "selections"
    kept.mkdir()
    query = "SELECT name AS dataset, inst AS instrument\nFROM science\nWHERE exptime > CAST(:least AS REAL)\n"
    (kept / "long_exposures.sql").write_text(query)


def associate(site: Site) -> None:
    """An association of two exposures, of which one was asked for, by the product's own workflow."""
    shutil.copytree(WORKFLOWS / "association", site.folder / "templates" / "association")
    site.ops.associations.add(
        "field12",
        ["exposure1", "exposure2"],
        workflow="association",
        member_workflow="pair",
        parameters={"archive_dir": str(site.folder)},
        requested_by="olga",
    )


@contextmanager
def beating(site: Site, facts: Mapping[str, Any]) -> Iterator[None]:
    """The words of an owld about the pool, as often as one says them: however slow the tests are, it is alive."""
    begun, over = utc_now(), threading.Event()

    def beat() -> None:
        now = utc_now()
        told = Daemon(name="owld", host="ops1", pid=1, version="1", started_at=begun, heartbeat=now, facts=facts)
        site.app.database.write(daemons.beat, told)

    def go_on() -> None:
        while not over.wait(2):
            beat()

    beat()
    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def is_fit(browser: Browser, name: str) -> None:
    """Nothing serious for axe-core, wide and narrow, in both themes; nothing that the browser complains of."""
    assert browser.violations() == []
    browser.shot(name)
    browser.script("document.documentElement.dataset.theme = 'dark'")
    browser.size(390, 844)
    try:
        browser.wait(lambda: browser.script("return document.documentElement.scrollWidth") <= 390, "it is narrow")
        assert browser.violations() == []
        browser.shot(f"{name}-narrow-dark")
    finally:
        browser.size(1280)
        browser.script("document.documentElement.dataset.theme = 'auto'")
    # What the server has refused on purpose the browser reports as a failed load.
    assert [one for one in browser.complaints() if "status of 4" not in one] == []


def test_an_administrator_makes_an_account_and_takes_it_away(desk: Desk) -> None:
    browser, accounts = desk.browser, desk.site.ops.accounts
    browser.open("/accounts")
    browser.sees("olga", "#users")
    browser.click("#new-user")
    browser.type('dialog[open] input[name="name"]', "ida")
    browser.type('dialog[open] input[name="password"]', NEW_PASSWORD)
    browser.type('dialog[open] input[name="confirm"]', "not hers at all")
    browser.click(OK)
    browser.sees("your own password isn't right", "dialog[open]")
    browser.type('dialog[open] input[name="confirm"]', PASSWORD)  # what was written stands there still
    browser.click(OK)
    browser.sees("ida", "#users")
    assert accounts.check("ida", NEW_PASSWORD) is not None
    is_fit(browser, "accounts")
    browser.button("Disable …", '#users tr[data-user="ida"]')
    browser.type('dialog[open] input[name="confirm"]', PASSWORD)
    browser.click(OK)
    browser.sees("disabled", '#users tr[data-user="ida"]')
    assert accounts.check("ida", NEW_PASSWORD) is None


def test_a_campaign_is_made_and_cancelled_and_its_words_arent_run(desk: Desk) -> None:
    browser = desk.browser
    browser.open("/campaigns")
    browser.click("#new-campaign")
    browser.type('dialog[open] input[name="name"]', "spring flats")
    browser.type('dialog[open] input[name="description"]', HOSTILE)
    browser.click(OK)
    browser.sees("isn't valid", "dialog[open]")
    browser.type('dialog[open] input[name="name"]', "spring_flats")
    browser.click(OK)
    browser.sees(HOSTILE, '[data-campaign="spring_flats"]')
    number = desk.site.ops.add("exposure9", "pair", campaign="spring_flats", requested_by="olga")
    browser.open("/campaigns")
    browser.sees("0 % of 1", '[data-campaign="spring_flats"]')
    is_fit(browser, "campaigns")
    browser.button("Pause …", '[data-campaign="spring_flats"]')
    browser.type('dialog[open] input[name="reason"]', HOSTILE)
    browser.click(OK)
    browser.sees(f"Paused by ada: “{HOSTILE}”", '[data-campaign="spring_flats"]')
    [pause] = desk.site.app.ops.governance(desk.site.app.settings).pauses()
    assert (pause.scope, pause.paused_by, pause.reason) == ("spring_flats", "ada", HOSTILE)
    browser.button("Resume", '[data-campaign="spring_flats"]')
    browser.wait(lambda: "Paused by" not in browser.text("#campaigns"), "it goes on")
    browser.click('[data-campaign="spring_flats"] [data-cancel]')
    browser.type('dialog[open] input[name="reason"]', "the wrong list")
    browser.click(OK)
    browser.sees("cancelled by ada", '[data-campaign="spring_flats"]')
    assert desk.site.ops.entry(number).state is EntryState.REMOVED
    assert "owned" not in browser.driver.title


def test_an_association_says_what_it_waits_for_and_is_cancelled(desk: Desk) -> None:
    browser = desk.browser
    browser.open("/associations")
    browser.button("field12", "#associations")
    browser.sees("exposure2", "dialog[open]")
    browser.sees("Missing", "dialog[open]")
    is_fit(browser, "association")
    browser.click(OK)
    browser.type('dialog[open] input[name="reason"]', "regrouped")
    browser.click(OK)
    browser.sees("Cancelled", "#associations")
    found = desk.site.ops.associations.show("field12").association
    assert (found.state, "ada" in found.reason) == (AssociationState.CANCELLED, True)


def test_an_association_is_made_by_its_form(desk: Desk) -> None:
    browser = desk.browser
    browser.open("/associations")
    browser.click("#new-association")
    browser.type('dialog[open] input[name="name"]', "field13")
    browser.type('dialog[open] textarea[name="members"]', "exposure1 exposure2,\nexposure3")
    choose(browser, 'dialog[open] select[name="member_workflow"]', "pair")
    choose(browser, 'dialog[open] select[name="workflow"]', "association")
    browser.type('dialog[open] input[name="within"]', "soon")
    browser.type('dialog[open] input[name="at_least"]', "2")
    browser.click(OK)
    browser.sees("no length of time", "dialog[open]")
    browser.type('dialog[open] input[name="within"]', "12h")
    browser.type('dialog[open] input[name="parameters"]', f"archive_dir={desk.site.folder}")
    is_fit(browser, "association-new")
    browser.click(OK)
    browser.sees("field13", "#associations")
    made = desk.site.ops.associations.show("field13")
    assert [one.dataset for one in made.members] == ["exposure1", "exposure2", "exposure3"]
    assert (made.association.created_by, made.association.at_least) == ("ada", 2)
    assert made.association.deadline is not None


def test_what_failed_is_asked_for_again_and_a_kept_selection_reprocessed(desk: Desk) -> None:
    browser, ops = desk.browser, desk.site.ops
    for name in ("bad1", "bad2"):
        ops.delete_entries([ops.add(name, "pair", campaign="winter", requested_by="olga")], requested_by="olga")
    browser.open("/queue")
    browser.click("#more summary")
    browser.click("#again")
    browser.click(OK)
    browser.sees("everything that ever failed is too much", "dialog[open]")
    browser.type('dialog[open] input[name="campaign"]', "winter")
    browser.type('dialog[open] input[name="priority"]', "60")
    browser.click("dialog[open] [data-preview]")
    browser.sees("2 requests would be made", "dialog[open]")
    is_fit(browser, "queue-again")
    browser.type('dialog[open] input[name="reason"]', "the file server is back")
    confirm(browser)
    wanted = {("bad1", 60), ("bad2", 60)}
    browser.wait(lambda: wanted == {(one.dataset, one.priority) for one in waiting(ops, "bad*")}, "both wait again")
    browser.click("#more summary")
    browser.click("#reprocess")
    browser.type('dialog[open] input[name="option-least"]', "5")
    choose(browser, 'dialog[open] select[name="workflow"]', "pair")
    browser.type('dialog[open] input[name="campaign"]', "flats")
    browser.click("dialog[open] [data-preview]")
    browser.sees("1 requests would be made, 0 left out, 0 rows refused", "dialog[open]")
    assert ops.entries(campaign="flats") == []
    is_fit(browser, "queue-reprocess")
    confirm(browser)
    browser.wait(lambda: waiting(ops, "w*"), "what the selection gave waits")
    assert [(one.dataset, one.created_by) for one in ops.entries(campaign="flats")] == [("w1", "ada")]


def waiting(ops: Operations, dataset: str) -> Sequence[Entry]:
    """The requests of some datasets that wait."""
    return ops.entries(dataset=dataset, states=[EntryState.WAITING])


def test_what_is_expected_is_compared_and_narrowed_to_what_is_missing(desk: Desk) -> None:
    browser = desk.browser
    browser.open("/accounting")
    browser.type('#expected textarea[name="text"]', f"exposure1\n{HOSTILE}")
    browser.click("#expected button.primary")
    browser.sees("line 2", "#account")
    browser.type('#expected textarea[name="text"]', "exposure1\nexposure7\nexposure8")
    browser.click("#expected button.primary")
    browser.sees("0 of 3 were processed", "#account")
    is_fit(browser, "accounting")
    browser.click('#account [data-standing="Missing"]')
    browser.wait(lambda: len(browser.all("#account tbody tr")) == 2, "two are missing")
    assert "exposure1" not in browser.text("#account tbody")


def test_a_limit_is_set_and_its_default_comes_back(desk: Desk) -> None:
    browser = desk.browser
    browser.open("/limits")
    browser.click("#new-limit")
    browser.script(
        "const name = document.querySelector('dialog[open] select[name=name]'); name.value = 'max_active_runs';"
        "name.dispatchEvent(new Event('change'));"
        "const kind = document.querySelector('dialog[open] select[name=kind]'); kind.value = 'workflow';"
        "kind.dispatchEvent(new Event('change'));"
    )
    browser.type('dialog[open] input[name="scope"]', "pear")
    browser.type('dialog[open] input[name="value"]', "40")
    browser.click(OK)
    browser.sees("pear", "dialog[open] .refused")
    browser.type('dialog[open] input[name="scope"]', "pair")
    browser.click(OK)
    browser.sees("workflow pair", "#limits")
    is_fit(browser, "limits")
    browser.button("Take away", "#limits")
    browser.wait(lambda: "workflow pair" not in browser.text("#limits"), "it is gone")
    verbs = [one.verb for one in desk.site.ops.commands.list() if one.scope == "pair"]
    assert verbs == ["reset max_active_runs", "set max_active_runs"]


def test_a_machine_is_drained_and_the_row_says_who_wanted_it(desk: Desk) -> None:
    browser = desk.browser
    browser.open("/machines")
    browser.sees("drained", "#machines")
    browser.click('[data-drain="node1.example.org"]')
    browser.type('dialog[open] input[name="reason"]', "its disk is going")
    browser.click(OK)
    browser.sees("drain by ada", "#machines")
    is_fit(browser, "machines")
    [asked] = desk.site.ops.commands.list(verbs=["drain"])
    assert (asked.requested_by, asked.reason) == ("ada", "its disk is going")


@pytest.fixture(scope="module")
def failed(pool: PersonalPool, run_directory: Path) -> Iterator[Site]:
    """A site with its daemons, in which a run has failed: its PASS finds no key."""
    spool = run_directory / "spools" / "gui-rescue"
    pool.use_spool(spool)
    with make_site(run_directory / "sites" / "gui-rescue", spool) as site:
        site.ops.accounts.create("olga", Role.OPERATOR, PASSWORD, by="test")
        site.start_daemons()
        site.start_rescue_server()
        key = site.folder / "key"
        number = site.ops.add("lonely", "gate", parameters={"key": str(key)}, requested_by="olga")
        site.ended([number])
        yield site


def test_a_rescue_begins_anew_without_a_step_and_with_more_memory(failed: Site, tmp_path: Path) -> None:
    with chromium(serve(failed), tmp_path) as browser:
        browser.called = {str(failed.folder): "/srv/owl", getpass.getuser(): "owl"}
        browser.log_in("olga", PASSWORD)
        open_pane(browser, "lonely", "PASS")
        browser.click('#pane [data-verb="rescue"]')
        browser.type('dialog[open] input[name="reason"]', "the key is lost for good")
        browser.button("Other than from what failed …", "dialog[open]")
        browser.script(
            "const from = document.querySelector('dialog[open] select[name=from]'); from.value = 'start';"
            "from.dispatchEvent(new Event('change'));"
        )
        browser.button("Skip a step …", "dialog[open]")
        browser.type('dialog[open] [data-key="step"]', "PASS")
        browser.type('dialog[open] .pair input[aria-label^="Why"]', "nobody reads its output")
        browser.button("Set a value …", "dialog[open]")
        browser.type('dialog[open] [data-key="name"]', "OPEN.memory")
        browser.type('dialog[open] .pair input[aria-label="Value"]', "64")
        browser.button("Show what would change", "dialog[open]")
        browser.sees("+request_memory = 64", "dialog[open] .diff")
        assert browser.violations() == []
        browser.shot("rescue-options")
        browser.click(OK)
        browser.wait(lambda: failed.ops.run("lonely").run.state is RunState.DONE, "it has gone through")
        browser.click("#tab-provenance")
        browser.sees("the key is lost for good", "#pane")
        browser.sees("gate_lonely.dag", "#pane")
        browser.sees("64 MB", "#pane")
        assert browser.violations() == []
        browser.shot("provenance")
        assert browser.complaints() == []
    [asked] = failed.ops.commands.list(verbs=["rescue"])
    wanted = {"from_start": True, "skip": {"PASS": "nobody reads its output"}, "set": {"OPEN.memory": "64"}}
    assert (asked.requested_by, dict(asked.options)) == ("olga", wanted)

    def steps() -> list[str]:
        return sorted(str(one.process_name) for one in failed.ops.run("lonely").executions)

    wait_for(lambda: steps() == ["OPEN", "OPEN", "PASS"], lambda: f"OPEN ran once more, PASS didn't: {steps()}")

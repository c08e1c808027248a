"""The web GUI in a real browser, on the real chain: what operators do all day, and what they must not be able to.

One pool, one site and one browser serve all of it; the tests go on from what those before them left.
"""

from __future__ import annotations

import getpass
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver.remote.webelement import WebElement

from owl.daemon import utc_now
from owl.db import blackboard
from owl.model import Execution, Role, RunState, State
from owl.ops import View
from owl.pool.personal import PersonalPool
from owl.pool.ports import choose_port
from tests.fixtures.browser import Browser, chromium
from tests.fixtures.postgres import PostgresServer, postgres
from tests.fixtures.site import Site, make_site, wait_for

__all__ = ["postgres"]

PASSWORD = "correct horse battery staple"
BULK = [f"bulk_{number:02d}" for number in range(20)]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
TABS = {
    "dashboard": ("/", "Throughput"),
    "monitor": ("/monitor", "PROCESS NAME"),
    "monitor-by-dataset": ("/monitor?look=dataset", "lonely"),
    "triage": ("/triage", "Triage"),
    "queue": ("/queue", "lonely"),
    "history": ("/history", "lonely"),
    "history-rates": ("/history?show=rates", "Of the last"),
    "history-durations": ("/history?show=durations", "Of the last"),
    "poller": ("/poller", "File events"),
    "templates": ("/templates", "gate"),
    "preferences": ("/preferences", "Theme"),
}


@dataclass(frozen=True)
class Gui:
    """The site that is looked at, and where its keys lie: a gate's PASS fails until its key is there."""

    site: Site
    address: str
    keys: Path

    def execution(self, dataset: str, step: str) -> Execution | None:
        """The step's latest execution as the blackboard has it."""
        view = View(filters={"dataset": f"={dataset}", "process_name": f"={step}"}, limit=1)
        return next(iter(self.site.ops.look.executions(view).rows), None)


def asked(
    address: str, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Status and text of a request that no browser makes."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def serve(site: Site) -> str:
    """Start the web GUI of a site and wait until it answers."""
    port = choose_port()
    site.start("web", "--port", str(port))
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return asked(address, "GET", "/health")[0] == 200
        except OSError:
            return False

    wait_for(answers, f"the web GUI answers\n{site.log('web')}")
    return address


@pytest.fixture(scope="module")
def gui(pool: PersonalPool, run_directory: Path) -> Iterator[Gui]:
    """A site with its daemons and its GUI: twenty-one workflows that fail for want of a key, one that runs on."""
    spool = run_directory / "spools" / "gui"
    pool.use_spool(spool)
    with make_site(run_directory / "sites" / "gui", spool) as site:
        for name, role in (("ada", Role.ADMIN), ("olga", Role.OPERATOR), ("vic", Role.VIEWER)):
            site.ops.accounts.create(name, role, PASSWORD, by="test")
        keys = site.folder / "keys"
        keys.mkdir()
        site.start_daemons()
        site.start_rescue_server()
        made = Gui(site=site, address=serve(site), keys=keys)
        for name in [*BULK, "lonely"]:
            key = keys / ("lonely" if name == "lonely" else "bulk")
            site.ops.add(name, "gate", parameters={"key": str(key)}, campaign="spring", requested_by="olga")
        site.ops.add("opened", "door", parameters={"door": str(keys / "door")}, priority=9, requested_by="olga")
        site.ended([entry.id for entry in site.ops.entries(workflow="gate")])
        yield made


@pytest.fixture(scope="module")
def browser(gui: Gui, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser in which an operator is logged in."""
    with chromium(gui.address, tmp_path_factory.mktemp("browser")) as made:
        made.called = {str(gui.site.folder): "/srv/owl", getpass.getuser(): "owl"}
        made.log_in("olga", PASSWORD)
        yield made


def cells(browser: Browser, column: str) -> list[str]:
    """What stands in a column of the table."""
    found: list[str] = browser.script(
        "return [...document.querySelectorAll(`#table tbody td.c-${arguments[0]}`)].map((one) => one.innerText)",
        column,
    )
    return found


def row_of(browser: Browser, dataset: str, step: str) -> WebElement | None:
    """The row of a step."""
    found: WebElement | None = browser.script(
        "return [...document.querySelectorAll('#table tbody tr')].find((one) =>"
        " one.querySelector('td.c-dataset')?.innerText === arguments[0]"
        " && one.querySelector('td.c-process_name')?.innerText === arguments[1]) ?? null",
        dataset,
        step,
    )
    return found


def open_pane(browser: Browser, dataset: str, step: str) -> None:
    """Open a step's pane as the talk's operators do: by a double click on its row."""
    browser.open(f"/monitor?dataset=%3D{dataset}")
    browser.double_click(lambda: row_of(browser, dataset, step), f"{dataset} has a row of {step}")
    browser.sees(f"{step} · {dataset}", "#pane h2")


def command(browser: Browser, verb: str, why: str) -> None:
    """Press a button of the pane and say why."""
    browser.click(f'#pane [data-verb="{verb}"]')
    browser.type('dialog[open] input[name="reason"]', why)
    browser.click('dialog[open] .ask-buttons button[value="ok"]')


def test_nobody_gets_in_without_a_password(gui: Gui, tmp_path: Path) -> None:
    with chromium(gui.address, tmp_path) as stranger:
        stranger.open("/monitor")
        assert "/login?next=" in stranger.driver.current_url
        stranger.type("#name", "olga")
        stranger.type("#password", "not her password")
        stranger.click("form.login button.primary")
        stranger.one("p.refused")
        assert stranger.violations() == []
        stranger.shot("login")
        stranger.open("/queue")
        assert "/login" in stranger.driver.current_url


def test_the_monitor_filters_sorts_pages_and_searches_and_its_address_says_how(browser: Browser) -> None:
    browser.open("/monitor?rows=10")
    browser.sees("of 43", "[data-words]")
    assert len(cells(browser, "dataset")) == 10
    before = cells(browser, "global_job_id")
    browser.click('#table [data-action="next"]')
    browser.sees("20 of 43", "[data-words]")
    assert not set(before) & set(cells(browser, "global_job_id"))
    browser.type('#table input.filter[aria-label^="Filter fileset"]', "bulk_1")
    browser.sees("of 20", "[data-words]")
    assert all(name.startswith("bulk_1") for name in cells(browser, "dataset"))
    browser.click('#table th[data-column="dataset"] button.sort')
    browser.wait(lambda: cells(browser, "dataset") == sorted(cells(browser, "dataset")), "rows are sorted")
    first = cells(browser, "dataset")
    browser.open(browser.driver.current_url.removeprefix(browser.address))
    browser.wait(lambda: cells(browser, "dataset") == first, "the address leads to the same rows")
    browser.click('#table [data-action="clear-filters"]')
    browser.type("#table [data-search]", "ULK_07")
    browser.sees("of 2", "[data-words]")
    assert set(cells(browser, "dataset")) == {"bulk_07"}
    assert browser.complaints() == []


def test_a_step_is_held_analysed_and_released_before_the_operators_eyes(browser: Browser, gui: Gui) -> None:
    wait_for(lambda: (one := gui.execution("opened", "OPEN")) and one.state is State.RUNNING, "OPEN runs")
    open_pane(browser, "opened", "OPEN")
    browser.sees("Running", "#pane .pane-state")
    command(browser, "hold", "the disk is full")
    browser.sees("Held", "#pane .pane-state")
    browser.wait(lambda: "Held" in cells(browser, "state"), "the row says Held too")
    browser.sees("the disk is full", "#pane")
    browser.shot("pane")
    browser.click('#pane [data-verb="analyze"]')
    browser.sees("analyze", "#pane .command-list")
    browser.wait(
        lambda: any("eld" in one.text for one in browser.all("#pane .command-list pre")), "why it doesn't run"
    )
    command(browser, "release", "there is room again")
    browser.wait(lambda: cells(browser, "state")[0] == "Running", "it runs again", 180)
    (gui.keys / "door").touch()
    wait_for(lambda: (one := gui.execution("opened", "PASS")) and one.state is State.EXITED, "it goes through")


def resume(browser: Browser, gui: Gui) -> None:
    """So many failures have stopped the workflow: an operator who has mended the cause lets it go on."""
    browser.open("/")
    browser.sees("gate", "#alerts-card")
    browser.shot("alert")
    browser.open("/queue")
    browser.sees("workflow gate is paused", "#governance")
    browser.button("Resume", "#governance")
    browser.wait(lambda: not gui.site.ops.status().alerts, "the alert has ended")


def test_a_failed_workflow_is_found_its_log_read_and_it_is_rescued(browser: Browser, gui: Gui) -> None:
    browser.open("/triage")
    browser.sees("PASS exited with 1", "#groups")
    browser.sees("No such file or directory", "#groups")
    browser.shot("triage-failures")
    open_pane(browser, "lonely", "PASS")
    browser.click("#tab-logs")
    browser.sees("No such file or directory", "#pane pre.log")
    browser.shot("logs")
    (gui.keys / "lonely").write_text(f"{HOSTILE}\n", encoding="utf-8")
    command(browser, "rescue", "the key is there now")
    resume(browser, gui)
    open_pane(browser, "lonely", "PASS")
    browser.click("#tab-overview")
    browser.sees("Done", "#pane .pane-state")
    browser.sees("the key is there now", "#pane")
    browser.click("#tab-dag")
    browser.wait(lambda: len(browser.all("#pane svg g")) >= 2, "the DAG is drawn")
    browser.shot("dag")
    assert gui.site.ops.run("lonely").run.submission == 1


def test_nothing_that_a_job_or_a_file_says_is_run(browser: Browser, gui: Gui) -> None:
    open_pane(browser, "lonely", "PASS")
    browser.click("#tab-logs")
    browser.sees(HOSTILE, "#pane pre.log")
    ad = {"GlobalJobId": "x#1.0#1", "Hostile": HOSTILE, f"A{HOSTILE}": 1}
    row = Execution(
        global_job_id="x#1.0#1",
        start_number=1,
        state=State.HELD,
        source="queue",
        observed_at=utc_now(),
        dataset=HOSTILE,
        process_name=HOSTILE,
        owner="eve",
        start_time=utc_now(),
        hold_code=1,
        hold_reason=HOSTILE,
        host=HOSTILE,
        classad=ad,
    )
    gui.site.app.database.write(blackboard.record, [row])
    browser.open("/monitor?owner=eve")
    browser.wait(lambda: cells(browser, "dataset") == [HOSTILE], "the name stands there as it is")
    browser.double_click(lambda: row_of(browser, HOSTILE, HOSTILE), "its pane opens")
    browser.click("#tab-details")
    browser.sees(HOSTILE, "#pane table.ad")
    browser.open("/triage")
    browser.wait(lambda: browser.all("#groups .group-card"), "causes are shown")
    browser.open("/monitor?q=onerror")
    browser.wait(lambda: cells(browser, "dataset") == [HOSTILE], "it is found by a search")
    assert "owned" not in browser.driver.title
    assert browser.complaints() == []


def test_twenty_failed_workflows_are_rescued_at_once(browser: Browser, gui: Gui) -> None:
    (gui.keys / "bulk").write_text("open", encoding="utf-8")
    browser.open("/monitor?dataset=bulk_&process_name=%3DPASS&rows=50")
    browser.sees("of 20", "[data-words]")
    browser.click('#table [data-action="select-all"]')
    browser.sees("20 selected", "#bulk")
    browser.click('#bulk [data-bulk="rescue"]')
    browser.sees("20 runs", "dialog[open]")
    browser.shot("bulk")
    browser.type('dialog[open] input[name="reason"]', "the key has come")
    browser.click('dialog[open] .ask-buttons button[value="ok"]')
    browser.wait(lambda: "rescue" in browser.text("#notices").lower(), "the page tells that it was asked for")
    entries = [entry.id for entry in gui.site.ops.entries(workflow="gate", dataset="bulk_*")]

    def done() -> bool:
        return all(gui.site.ops.entry(one).state == "Done" for one in entries)

    browser.wait(done, f"all have gone through\n{gui.site.log('rescue-server')}", 240)
    assert all(gui.site.ops.run(name).run.state is RunState.DONE for name in BULK)
    browser.open("/monitor?dataset=bulk_&process_name=%3DPASS&look=dataset")
    browser.sees("bulk_19")


def test_a_viewer_looks_and_changes_nothing(browser: Browser, gui: Gui) -> None:
    browser.log_in("vic", PASSWORD)
    open_pane(browser, "bulk_00", "PASS")
    assert not [one for one in browser.all("#pane [data-verb]") if one.is_displayed()]
    browser.open("/queue")
    assert browser.all("#add") == []
    run = gui.site.ops.run("bulk_00").run.id
    order = {"verb": "remove", "aim": {"runs": [run]}, "reason": ""}
    assert fetched(browser, "POST", "/api/v1/commands", order)[0] == 403
    assert (
        fetched(browser, "POST", "/api/v1/governance/pause", {"kind": "all", "scope": "", "reason": "x"})[0] == 403
    )
    browser.log_in("olga", PASSWORD)


def fetched(browser: Browser, method: str, path: str, body: object, *, token: bool = True) -> tuple[int, str]:
    """Status and text of what the page's own script would be answered."""
    status, text = browser.driver.execute_async_script(
        """
        const [method, path, body, token, done] = arguments;
        const headers = {"Content-Type": "application/json"};
        if (token) headers["X-CSRFToken"] = JSON.parse(document.getElementById("start").textContent).csrf;
        const sent = body === null ? undefined : JSON.stringify(body);
        fetch(path, {method, headers, body: sent}).then(async (r) => done([r.status, await r.text()]));
        """,
        method,
        path,
        body,
        token,
    )
    return status, text


def test_a_change_without_the_pages_token_is_refused(browser: Browser, gui: Gui) -> None:
    browser.open("/queue")
    before = len(gui.site.ops.commands.list())
    order = {"verb": "hold", "aim": {"runs": [gui.site.ops.run("lonely").run.id]}, "reason": "forged"}
    status, _ = fetched(browser, "POST", "/api/v1/commands", order, token=False)
    assert status in (400, 403)
    headers = {"Cookie": browser.cookie(), "Content-Type": "application/json", "Origin": "http://evil.example"}
    assert asked(gui.address, "POST", "/api/v1/commands", json.dumps(order), headers)[0] in (400, 403)
    assert len(gui.site.ops.commands.list()) == before


@pytest.mark.parametrize(
    "name",
    ["../../../../../../../etc/passwd", "/etc/passwd", "leak.out", "deep/leak.out", "%2e%2e/%2e%2e/owl.toml"],
)
def test_no_file_outside_of_the_run_is_served(browser: Browser, gui: Gui, name: str) -> None:
    run = gui.site.ops.run("bulk_01").run
    for link in (Path(run.work_dir) / "leak.out", Path(run.work_dir) / "deep"):
        if not link.is_symlink():
            link.symlink_to("/etc" if link.name == "deep" else "/etc/passwd")
    browser.open("/queue")
    for kind in ("tail", "download"):
        path = f"/api/v1/runs/{run.id}/files/{kind}?name={name}"
        status, text = fetched(browser, "GET", path, None)
        assert status in (400, 403, 404), (path, status)
        assert "root:" not in text
        assert "database_url" not in text


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_shows_what_there_is_to_everybody(browser: Browser, gui: Gui, tab: str) -> None:
    path, words = TABS[tab]
    browser.complaints()
    browser.open(path)
    browser.sees(words)
    browser.wait(lambda: "Loading" not in browser.text("main"), "everything has come")
    assert browser.violations() == []
    browser.shot(tab)
    browser.size(390, 844)
    try:
        browser.wait(
            lambda: browser.script("return document.documentElement.scrollWidth") <= 390, "it is narrow", 10
        )
        assert browser.violations() == []
    finally:
        browser.size(1280)
    assert browser.complaints() == []


def test_everything_that_was_done_is_on_record(browser: Browser, gui: Gui) -> None:
    browser.open("/history?show=commands")
    browser.sees("the disk is full")
    browser.sees("there is room again")
    commands = {(str(one.verb), one.requested_by) for one in gui.site.ops.commands.list()}
    assert {("hold", "olga"), ("release", "olga"), ("analyze", "olga")} <= commands
    verbs = [(row.actor, row.verb) for row in gui.site.ops.look.audit(View(limit=200)).rows]
    assert ("vic", "login") in verbs


@pytest.mark.postgresql
def test_the_page_says_that_the_database_is_away_and_goes_on_when_it_is_back(
    postgres: PostgresServer, run_directory: Path, tmp_path: Path
) -> None:
    postgres.run("CREATE DATABASE gui")
    folder = run_directory / "sites" / "gui-away"
    with make_site(folder, folder / "spool", postgres.url("gui"), database_patience=1.0) as site:
        site.ops.accounts.create("olga", Role.OPERATOR, PASSWORD, by="test")
        site.ops.add("lonely", "pair", requested_by="olga")
        with chromium(serve(site), tmp_path) as browser:
            browser.log_in("olga", PASSWORD)
            browser.open("/queue")
            browser.sees("lonely")
            try:
                postgres.stop()
                browser.sees("database", "#trouble:not([hidden])")
                browser.shot("database-away")
                assert "lonely" in browser.text("#table")
                browser.open("/monitor")
                browser.sees("database")
                assert "Traceback" not in browser.text()
            finally:
                if postgres.process is None:
                    postgres.start()
            browser.open("/queue")
            browser.sees("lonely")
            site.ops.add("another", "pair", requested_by="olga")
            browser.sees("another", "#table")
            browser.wait(lambda: not browser.all("#trouble:not([hidden])"), "nothing is wrong any more")

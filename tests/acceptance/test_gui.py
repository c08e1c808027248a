"""The web GUI in a real browser, on the real chain: what operators do all day, and what they must not be able to.

One pool, one site and one browser serve all of it; the tests go on from what those before them left.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from owl.daemon import utc_now
from owl.db import blackboard
from owl.model import Execution, RunState, State
from owl.ops import View
from owl.pool.personal import PersonalPool
from tests.fixtures.browser import Browser, chromium
from tests.fixtures.gui import (
    HOSTILE,
    PASSWORD,
    SHUT,
    TABS,
    Gui,
    add_accounts,
    another_cause,
    asked,
    bulk,
    cells,
    choose,
    command,
    confirm,
    fetched,
    found,
    open_pane,
    resume,
    row_of,
    say,
    search_and_follow,
    serve,
)
from tests.fixtures.site import DEADLINE, make_site, wait_for

BULK = [f"bulk_{number:02d}" for number in range(20)]
SPARE = [f"spare_{number}" for number in range(3)]
ROWS = 2 * (len(BULK) + 1 + len(SHUT)) + len(SPARE) + 2  # both steps of each gate, the first of each door


@pytest.fixture(scope="module")
def gui(pool: PersonalPool, run_directory: Path) -> Iterator[Gui]:
    """A site with its daemons and its GUI: twenty-one workflows that fail for want of a key, four that run on."""
    spool = run_directory / "spools" / "gui"
    pool.use_spool(spool)
    with make_site(run_directory / "sites" / "gui", spool) as site:
        add_accounts(site)
        site.start_daemons()
        site.start_rescue_server()
        made = Gui(site=site, address=serve(site))
        for name in [*BULK, "lonely"]:
            key = made.keys / ("lonely" if name == "lonely" else "bulk")
            site.ops.add(name, "gate", parameters={"key": str(key)}, campaign="spring", requested_by="olga")
        for name in ["opened", *SPARE]:
            door = made.keys / ("opened" if name == "opened" else "spare")
            site.ops.add(name, "door", parameters={"door": str(door)}, priority=9, requested_by="olga")
        site.ended([entry.id for entry in site.ops.entries(workflow="gate")])
        site.ended(another_cause(made))
        site.ops.add("unwanted", "door", parameters={"door": str(made.keys / "never")}, requested_by="olga")
        for name in ["opened", "unwanted", *SPARE]:
            wait_for(partial(made.runs, name), f"{name} runs, and goes on until its door is there")
        yield made


@pytest.fixture(scope="module")
def browser(gui: Gui, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser in which an operator is logged in."""
    with chromium(gui.address, tmp_path_factory.mktemp("browser")) as made:
        made.called = {str(gui.site.folder): "/srv/owl", getpass.getuser(): "owl"}
        made.log_in("olga", PASSWORD)
        yield made


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
    browser.sees(f"of {ROWS}", "[data-words]")
    assert len(cells(browser, "dataset")) == 10
    before = cells(browser, "global_job_id")
    browser.click('#table [data-action="next"]')
    browser.sees(f"20 of {ROWS}", "[data-words]")
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
    browser.wait(lambda: set(cells(browser, "dataset")) == {"bulk_07"}, "both of its steps are found, and no other")
    assert browser.complaints() == []


def test_a_step_is_suspended_continued_held_analysed_and_released_before_the_operators_eyes(
    browser: Browser, gui: Gui
) -> None:
    open_pane(browser, "opened", "OPEN")
    browser.sees("Running", "#pane .pane-state")
    command(browser, "suspend", "the archive is busy")
    browser.sees("Suspended", "#pane .pane-state")
    browser.wait(lambda: cells(browser, "state") == ["Suspended"], "the row says so too")
    command(browser, "continue", "it is idle again")
    browser.wait(lambda: cells(browser, "state") == ["Running"], "it goes on where it was")
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
    browser.sees("Command", "dialog[open] h2")  # what it found is shown in full as soon as it has ended
    confirm(browser)
    command(browser, "release", "there is room again")
    browser.wait(lambda: cells(browser, "state")[:1] == ["Running"], "it runs again")
    (gui.keys / "opened").touch()
    wait_for(lambda: (one := gui.execution("opened", "PASS")) and one.state is State.EXITED, "it goes through")


def test_a_step_is_removed_before_the_operators_eyes(browser: Browser, gui: Gui) -> None:
    open_pane(browser, "unwanted", "OPEN")
    command(browser, "remove", "nobody wants it")
    browser.sees("Removed", "#pane .pane-state")
    browser.wait(lambda: cells(browser, "state") == ["Removed"], "the row says so too")
    browser.sees("nobody wants it", "#pane .command-list")
    [asked] = gui.site.ops.commands.list(verbs=["remove"])
    assert (asked.requested_by, asked.reason) == ("olga", "nobody wants it")


def test_a_failed_workflow_is_found_its_log_read_and_it_is_rescued(browser: Browser, gui: Gui) -> None:
    browser.open("/triage")
    browser.sees("PASS exited with 1", "#groups")
    browser.sees("No such file or directory", "#groups")
    browser.shot("triage-failures")
    open_pane(browser, "lonely", "PASS")
    browser.click("#tab-logs")
    browser.sees("No such file or directory", "#pane pre.log")
    browser.shot("logs")
    search_and_follow(browser, Path(gui.site.ops.run("lonely").run.work_dir) / "pass.err")
    browser.click("#tab-details")
    browser.type('#pane input[aria-label="Search attributes and values"]', "dagnodename")
    browser.wait(lambda: len(browser.all("#pane table.ad tbody tr")) == 1, "one attribute has that name")
    browser.sees("PASS", "#pane table.ad")
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
    entries = [entry.id for entry in gui.site.ops.entries(workflow="gate", dataset="bulk_*")]

    def done() -> bool:
        return all(gui.site.ops.entry(one).state == "Done" for one in entries)

    browser.wait(done, f"all have gone through\n{gui.site.log('rescue-server')}", DEADLINE)
    assert all(gui.site.ops.run(name).run.state is RunState.DONE for name in BULK)
    browser.open("/monitor?dataset=bulk_&process_name=%3DPASS&look=dataset")
    browser.sees("bulk_19")


def test_a_group_of_failures_is_narrowed_to_and_rescued_whole(browser: Browser, gui: Gui) -> None:
    browser.open("/triage")
    browser.sees("Is a directory", "#groups")
    [cause] = [one["id"] for one in found(browser, "/api/v1/failures") if "Is a directory" in one["says"]]
    card = f'#groups [data-cause="{cause}"]'
    choose(browser, "#triage-workflow", "door")
    browser.wait(lambda: not browser.all(card), "it isn't of that workflow")
    choose(browser, "#triage-workflow", "shut")
    browser.sees("2 runs to rescue", card)
    browser.type("#triage-campaign", "winter\t")
    browser.sees("Nothing has failed", "#groups")
    browser.type("#triage-campaign", "autumn\t")
    browser.sees("2 runs to rescue", card)
    choose(browser, "#hours", "6")
    browser.wait(lambda: "hours=6" in browser.driver.current_url, "the address says how")
    browser.open(browser.driver.current_url.removeprefix(browser.address))
    browser.sees("2 runs to rescue", card)
    (gui.keys / "shut").rmdir()
    (gui.keys / "shut").write_text("open", encoding="utf-8")
    browser.click(f"{card} [data-rescue]")
    browser.sees("Rescue 2 runs?", "dialog[open]")
    say(browser, "the key is a file now")
    browser.wait(
        lambda: all(gui.site.ops.run(name).run.state is RunState.DONE for name in SHUT),
        lambda: f"both have gone through\n{gui.site.log('rescue-server')}",
        DEADLINE,
    )
    browser.sees("Nothing has failed", "#groups")


def test_many_steps_are_held_released_reprioritised_removed_and_asked_for_again(browser: Browser, gui: Gui) -> None:
    browser.open("/monitor?dataset=spare_&process_name=%3DOPEN")
    browser.wait(lambda: cells(browser, "state") == ["Running"] * 3, "all run")
    bulk(browser, "suspend", "the archive is busy", count=3)
    browser.wait(lambda: cells(browser, "state") == ["Suspended"] * 3, "all stand still")
    bulk(browser, "continue", "it is idle again", count=3)
    browser.wait(lambda: cells(browser, "state") == ["Running"] * 3, "all go on")
    bulk(browser, "hold", "the disk is full", count=3)
    browser.wait(lambda: cells(browser, "state") == ["Held"] * 3, "all are held")
    bulk(browser, "release", "there is room", count=3)
    browser.open("/monitor?dataset=spare_&process_name=%3DOPEN&state=Running")  # a new start is a row of its own
    browser.wait(lambda: sorted(cells(browser, "dataset")) == SPARE, "all run again")
    runs = [gui.site.ops.run(name).run.id for name in SPARE]
    bulk(browser, "priority", "they are urgent", count=3, value="55")
    browser.wait(lambda: {gui.site.ops.run(one).run.priority for one in runs} == {55}, "all are urgent")
    bulk(browser, "remove", "they aren't wanted", count=3, of="runs")
    browser.wait(lambda: {gui.site.ops.run(one).run.state for one in runs} == {RunState.REMOVED}, "all are gone")
    (gui.keys / "spare").touch()
    browser.open("/history?show=runs&dataset=spare_")
    bulk(browser, "resubmit", "they are wanted after all", count=3)

    def again() -> bool:
        entries = gui.site.ops.entries(dataset="spare_*")
        return len(entries) == 6 and sum(entry.state == "Done" for entry in entries) == 3

    browser.wait(again, lambda: f"each has gone through\n{gui.site.log('shoveler')}", DEADLINE)
    assert {(run.id in runs, run.state) for run in gui.site.ops.look.runs(View(search="spare_")).rows} == {
        (True, RunState.REMOVED),
        (False, RunState.DONE),
    }


def test_a_template_is_rendered_and_checked_by_htcondors_own_parsers(browser: Browser) -> None:
    browser.open("/templates?name=gate")
    browser.type('#workflow input[name="-dataset"]', "jw1")
    browser.type('#workflow input[name="key"]', "/data/key")
    browser.button("Render and check", "#workflow")
    browser.sees("✓", "#workflow .well")
    browser.click("#workflow [role=status] details:last-child summary")
    browser.sees("arguments = /data/key", "#workflow [role=status]")
    browser.type('#workflow input[name="-dataset"]', 'a" b')
    browser.button("Render and check", "#workflow")
    browser.sees("name", "#workflow .says")
    browser.open("/templates?name=bad_universe")
    browser.type('#workflow input[name="-dataset"]', "jw1")
    browser.button("Render and check", "#workflow")
    browser.sees("niverse", "#workflow .says")


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
        browser.wait(lambda: browser.script("return document.documentElement.scrollWidth") <= 390, "it is narrow")
        assert browser.violations() == []
    finally:
        browser.size(1280)
    assert browser.complaints() == []


def test_everything_that_was_done_is_on_record(browser: Browser, gui: Gui) -> None:
    browser.open("/history?show=commands")
    browser.sees("the disk is full")
    browser.sees("there is room again")
    commands = {(str(one.verb), one.requested_by) for one in gui.site.ops.commands.list()}
    asked_for = {verb for verb, who in commands if who == "olga"}
    assert {"suspend", "continue", "hold", "release", "analyze", "rescue", "priority", "remove"} <= asked_for
    verbs = [(row.actor, row.verb) for row in gui.site.ops.look.audit(View(limit=200)).rows]
    assert ("vic", "login") in verbs

"""What operators do at their desks without any job being run: the queue, views, exports, keys, preferences.

The blackboard is filled without a pool; one site and one browser serve all of it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from owl.daemon import utc_now
from owl.db import blackboard
from owl.model import EntryState, State
from tests.fixtures.browser import Browser, chromium
from tests.fixtures.database import add_entry, at, begin_run, report
from tests.fixtures.gui import (
    INK,
    LAST_DAY,
    PASSWORD,
    Gui,
    add_accounts,
    asked,
    bulk,
    cells,
    choose,
    confirm,
    hide,
    press,
    say,
    serve,
    told,
)
from tests.fixtures.site import make_site

POLLER = """
[poller.p]
directory = "{inbox}"
pattern = "*.dat"
match = '(?P<dataset>[{letters}]+)\\.dat'
complete = "rename"
workflow = "pair"
"""
RUNS = 24
OWNERS = ("mary", "mike")
FORMULA = "=1+1"  # what a spreadsheet would compute


@pytest.fixture(scope="module")
def gui(run_directory: Path) -> Iterator[Gui]:
    """Runs of two steps each: the first has ended, the second is held for every third, else it runs."""
    folder = run_directory / "sites" / "gui-desk"
    with make_site(folder, folder / "spool") as site:
        add_accounts(site)
        database = site.app.database
        for number in range(RUNS):
            name = f"obs_{number:03d}"
            begin_run(database, add_entry(database, name, campaign="spring"), f"run-{number:03d}")
            common: dict[str, Any] = {"dataset": name, "run_id": f"run-{number:03d}", "owner": OWNERS[number % 2]}
            first = report(
                State.EXITED,
                60,
                job=f"s#{number}.0#1",
                process_name="FIRST",
                start_time=at(number),
                exit_code=0,
                **common,
            )
            held = number % 3 == 0
            second = report(
                State.HELD if held else State.RUNNING,
                90,
                job=f"s#{number}.1#1",
                process_name="SECOND",
                start_time=at(100 + number),
                hold_reason=FORMULA if held else None,
                **common,
            )
            database.write(blackboard.record, [first, second])
        yield Gui(site=site, address=serve(site))


@pytest.fixture(scope="module")
def browser(gui: Gui, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser in which an operator is logged in."""
    with chromium(gui.address, tmp_path_factory.mktemp("browser")) as made:
        made.log_in("olga", PASSWORD)
        yield made


def states(gui: Gui, pattern: str) -> dict[str, EntryState]:
    """The requests of some datasets."""
    return {entry.dataset: entry.state for entry in gui.site.ops.entries(dataset=pattern)}


def test_the_queue_is_filled_by_its_form_with_one_and_with_many(browser: Browser, gui: Gui) -> None:
    browser.open("/queue?state=open")
    browser.click("#add")
    choose(browser, "#add-dialog select[name=workflow]", "gate")
    for name, value in (("priority", "5"), ("campaign", "autumn"), ("parameters", "key=/data/key, seconds=3")):
        browser.type(f'#add-dialog input[name="{name}"]', value)
    browser.type("#add-dialog textarea", "new_1\nnew_2\n../etc/passwd\nnew_1\n")
    browser.click("#add-dialog [data-load]")
    browser.sees("line 3", "#add-dialog [data-result]")
    assert states(gui, "new_*") == {}
    browser.click('#add-dialog input[name="skip_bad"]')
    browser.click("#add-dialog [data-load]")
    browser.sees("2 added, 2 refused", "#add-dialog [data-result]")
    browser.sees("line 4", "#add-dialog [data-result]")
    entries = gui.site.ops.entries(dataset="new_*")
    assert {(one.dataset, one.workflow, one.priority, one.campaign, one.created_by) for one in entries} == {
        (name, "gate", 5, "autumn", "olga") for name in ("new_1", "new_2")
    }
    assert {json.dumps(one.parameters, sort_keys=True) for one in entries} == {
        '{"key": "/data/key", "seconds": "3"}'
    }
    browser.type("#add-dialog textarea", "dataset,priority\nnew_3,7\nnew_4,8\n")
    browser.click("#add-dialog [data-load]")
    browser.sees("2 added, 0 refused", "#add-dialog [data-result]")
    assert [gui.site.ops.entries(dataset=name)[0].priority for name in ("new_3", "new_4")] == [7, 8]
    browser.shot("queue-add")
    browser.button("Close", "#add-dialog")
    assert [one for one in browser.complaints() if "400 (BAD REQUEST)" not in one] == []  # the one that was refused


def test_requests_say_why_they_wait_are_reprioritised_held_released_and_deleted(browser: Browser, gui: Gui) -> None:
    browser.open("/queue?dataset=new_")
    browser.sees("of 4", "[data-words]")
    browser.double_click(lambda: next(iter(browser.all("#table tbody tr")), None), "the first request opens")
    browser.sees("Why it isn't running yet", "dialog[open]")
    browser.wait(lambda: [one for one in browser.all("dialog[open] li") if one.text], "there is a reason")
    confirm(browser)
    bulk(browser, "priority", "they are urgent", count=4, priority="70")
    browser.wait(lambda: cells(browser, "priority") == ["70"] * 4, "all are urgent")
    bulk(browser, "hold", "the disk is full", count=4)
    browser.wait(lambda: cells(browser, "error") == ["held by olga: the disk is full"] * 4, "all are held")
    bulk(browser, "release", "there is room", count=4)
    browser.wait(lambda: cells(browser, "error") == [""] * 4, "all may go")
    bulk(browser, "delete", "nobody wants them", count=4)
    browser.wait(lambda: set(states(gui, "new_*").values()) == {EntryState.REMOVED}, "all are out")
    told = {(str(one.verb), one.reason) for one in gui.site.ops.commands.list()}
    assert {"they are urgent", "the disk is full", "there is room", "nobody wants them"} <= {why for _, why in told}
    assert browser.complaints() == []


def test_a_view_is_sorted_by_several_columns_kept_shared_and_found_again(browser: Browser) -> None:
    browser.open("/monitor")
    browser.sees(f"of {2 * RUNS}", "[data-words]")
    choose(browser, "#table select.filter", "Held")
    browser.sees("of 8", "[data-words]")
    browser.click('#table th[data-column="owner"] button.sort')
    head = browser.one('#table th[data-column="dataset"] button.sort')
    for _ in range(2):  # the second click turns it round
        ActionChains(browser.driver).key_down(Keys.SHIFT).click(head).key_up(Keys.SHIFT).perform()
    held = [f"obs_{number:03d}" for number in range(0, RUNS, 3)]
    mine = [*held[::2][::-1], *held[1::2][::-1]]  # mary's, then mike's, the last name first
    browser.wait(lambda: cells(browser, "dataset") == mine, "rows are sorted by owner, then by name downwards")
    browser.click("#table details.menu:has([data-columns]) summary")
    browser.wait(lambda: hide(browser, "EXIT CODE"), "EXIT CODE can be hidden")
    browser.wait(lambda: not browser.all('#table th[data-column="exit_code"]'), "the column is hidden")
    browser.click("#table details.menu:has(#views) > summary")
    browser.button("Save this view …", "#views")
    browser.type('dialog[open] input[name="title"]', "What is held")
    browser.click('dialog[open] input[name="shared"]')
    confirm(browser)
    browser.wait(lambda: browser.all("#views a"), "it is kept")
    browser.log_in("vic", PASSWORD)
    browser.open("/monitor")
    browser.click("#table details.menu:has(#views) > summary")
    browser.sees("by olga", "#views")
    assert browser.all("#views button[aria-label^=Delete]") == []
    browser.button("What is held", "#views")
    browser.wait(lambda: cells(browser, "dataset") == mine, "the view leads others to the same rows")
    assert browser.all('#table th[data-column="exit_code"]') == []
    browser.log_in("olga", PASSWORD)
    browser.open("/monitor")
    browser.click("#table details.menu:has(#views) > summary")
    browser.click("#views button[aria-label^=Delete]")
    browser.sees("None saved yet.", "#views")


def test_all_that_match_are_selected_not_the_page_alone_and_exported(browser: Browser) -> None:
    browser.open("/history?show=steps&process_name=%3DSECOND&state=Held&rows=10&sort=dataset")
    browser.sees("of 8", "[data-words]")
    browser.open("/history?show=steps&process_name=%3DSECOND&rows=10&sort=dataset")
    browser.sees(f"10 of {RUNS}", "[data-words]")
    browser.click('#table [data-action="select-all"]')
    browser.sees("10 selected", "#bulk")
    browser.click("#table [data-matching]")
    browser.sees(f"{RUNS} selected", "#bulk")
    browser.click('#table [data-action="deselect-all"]')
    browser.wait(lambda: not browser.all("#table tr.selected"), "none is selected")
    browser.click("#export summary")
    links = {kind: browser.attribute(f'[data-export="{kind}"]', "href") for kind in ("csv", "jsonl")}
    headers = {"Cookie": browser.cookie()}
    texts = {}
    for kind, link in links.items():
        status, texts[kind] = asked(browser.address, "GET", link.removeprefix(browser.address), headers=headers)
        assert status == 200
    rows = list(csv.DictReader(texts["csv"].splitlines()))
    assert [row["dataset"] for row in rows] == [f"obs_{number:03d}" for number in range(RUNS)]
    assert {row["hold_reason"] for row in rows} == {"", f"'{FORMULA}"}
    plain = [json.loads(line) for line in texts["jsonl"].splitlines()]
    assert [row["dataset"] for row in plain] == [row["dataset"] for row in rows]
    assert plain[0]["hold_reason"] == FORMULA


def test_the_keyboard_leads_everywhere(browser: Browser) -> None:
    browser.open("/")
    press(browser, "g", "m")
    browser.sees("obs_", "#table tbody")
    press(browser, "?")
    browser.sees("this list", "dialog[open]")
    press(browser, Keys.ESCAPE)
    browser.wait(lambda: not browser.all("dialog[open]"), "Esc closes the list")
    press(browser, "/")
    press(browser, "bs_007")
    browser.wait(lambda: cells(browser, "dataset") == ["obs_007"] * 2, "both of its steps are found, and no other")
    browser.script("document.querySelector('#table tbody tr[tabindex=\"0\"]').focus()")
    press(browser, Keys.SPACE)
    browser.sees("1 selected", "#bulk")
    press(browser, Keys.ARROW_DOWN, Keys.ENTER)
    browser.sees("FIRST · obs_007", "#pane h2")
    focused = "return document.activeElement.innerText"
    browser.wait(lambda: browser.script(focused) == "FIRST · obs_007", "the pane has the focus")
    press(browser, Keys.ESCAPE)
    browser.wait(lambda: browser.all("#pane[hidden]"), "Esc closes the pane")
    browser.wait(lambda: "FIRST" in str(browser.script(focused)), "its row has the focus again")
    press(browser, Keys.ENTER)
    browser.sees("FIRST · obs_007", "#pane h2")
    press(browser, "x")
    browser.wait(lambda: browser.all("#pane[hidden]"), "x closes it too")
    press(browser, "r", "g", "q")
    browser.wait(lambda: "/queue" in browser.driver.current_url, "g q leads to the queue")


def test_preferences_hold_from_page_to_page_and_the_dark_theme_can_be_read(browser: Browser, gui: Gui) -> None:
    def kept() -> dict[str, Any]:
        return dict(gui.site.ops.accounts.preferences("olga"))

    browser.open("/preferences")
    for name, value in (("theme", "dark"), ("density", "roomy"), ("times", "local")):
        browser.click(f'#preferences input[name="{name}"][value="{value}"]')
    for name, value in (("refresh", "30"), ("rows", "25")):
        choose(browser, f"#preferences select[name={name}]", value)
    browser.click('#preferences input[name="shortcuts"]')
    browser.click("#reset-columns")
    wanted = {"theme": "dark", "density": "roomy", "times": "local", "refresh": 30, "rows": 25, "shortcuts": False}
    browser.wait(lambda: {**wanted, "columns": {}}.items() <= kept().items(), lambda: f"all is kept: {kept()}")
    for path, words in (("/", "Throughput"), ("/queue", "obs_"), ("/triage", "Triage"), ("/monitor", "obs_")):
        browser.open(path)
        browser.sees(words)
        browser.wait(lambda: "Loading" not in browser.text("main"), "everything has come")
        shade = str(browser.script("return getComputedStyle(document.body).backgroundColor"))
        assert max(map(int, re.findall(r"\d+", shade)[:3])) < 80, (path, shade)
        assert browser.violations() == []
    browser.shot("monitor-dark")
    browser.sees(f"25 of {2 * RUNS}", "[data-words]")
    assert browser.all('#table th[data-column="exit_code"]') != []
    assert browser.script("return document.documentElement.dataset.density") == "roomy"
    assert browser.attribute("#table td time", "title").endswith(" UTC")
    assert browser.script("return document.querySelector('[data-live]').value") == "30"
    browser.script("document.querySelector('nav').addEventListener('click', () => { window.went = true; })")
    press(browser, "g", "q", "?")
    assert browser.script("return window.went ?? false") is False
    assert browser.all("dialog[open]") == []
    gui.site.ops.accounts.set_preferences("olga", {})


def test_a_token_and_a_password_are_made_in_the_page(browser: Browser) -> None:
    browser.log_in("vic", PASSWORD)
    browser.open("/preferences")
    browser.type('#new-token input[name="label"]', "nightly report")
    browser.click("#new-token button.primary")
    token = browser.one("dialog[open] pre.result").text
    confirm(browser)
    headers = {"Authorization": f"Bearer {token}"}
    status, text = asked(browser.address, "GET", "/api/v1/me", headers=headers)
    assert (status, json.loads(text)["name"]) == (200, "vic")
    browser.sees("nightly report", "#tokens")
    browser.button("Revoke", "#tokens")
    confirm(browser)
    browser.sees("None.", "#tokens")
    assert asked(browser.address, "GET", "/api/v1/me", headers=headers)[0] == 401
    for name, value in (("old", PASSWORD), ("new", f"another {PASSWORD}")):
        browser.type(f'#password input[name="{name}"]', value)
    browser.click("#password button")
    browser.one("form.login")
    browser.log_in("vic", f"another {PASSWORD}")


def test_the_clock_is_utc_with_the_day_of_the_year_and_goes_on(browser: Browser) -> None:
    browser.open("/")
    before = utc_now().replace(microsecond=0)
    shown = browser.wait(
        lambda: (one := browser.text("#clock")) and told(one) >= before and one, "it tells the time"
    )
    assert told(shown) <= utc_now()
    assert shown.endswith(told(shown).strftime(" UTC %j DOY"))
    browser.wait(lambda: told(browser.text("#clock")) > told(shown), "it goes on")
    script = browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LAST_DAY})
    try:
        browser.open("/")
        browser.sees("Sun, 31 Dec 2028 23:59:59 UTC 366 DOY", "#clock")
    finally:
        browser.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def test_a_chart_takes_the_colours_of_the_theme_that_is_switched_to(browser: Browser) -> None:
    browser.open("/")
    one = 'return getComputedStyle(document.querySelector("#throughput .u-marker")).borderColor'
    browser.one("#throughput .u-marker")
    light = browser.script(one)
    browser.script("document.documentElement.dataset.theme = 'dark'")
    browser.wait(lambda: browser.script(one) != light, "the account's theme is switched")
    dark = browser.script(one)
    browser.wait(lambda: browser.script(INK), "the canvas is drawn in it too")
    browser.shot("dashboard-dark")
    browser.script("document.documentElement.dataset.theme = 'auto'")
    browser.wait(lambda: browser.script(one) == light, "and back")
    for name, wanted in (("dark", dark), ("light", light)):
        asked_for = {"features": [{"name": "prefers-color-scheme", "value": name}]}
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", asked_for)
        browser.wait(lambda: browser.script(one) == wanted, f"the system's theme is {name}")  # noqa: B023 - at once
        browser.wait(lambda: browser.script(INK), f"the canvas is {name} too")
    assert len(browser.all("#throughput canvas")) == 1
    assert browser.complaints() == []


def test_durations_name_what_is_far_out_and_lead_there(browser: Browser, gui: Gui) -> None:
    ended = utc_now() - timedelta(hours=1)
    common: dict[str, Any] = {"process_name": "THIRD", "exit_code": 0, "run_id": "run-000"}
    rows = [
        report(
            State.EXITED,
            60,
            job=f"s#{number}.2#1",
            dataset=f"obs_{number:03d}",
            duration=900.0 if number == 7 else 10.0 + number / 10,
            start_time=ended - timedelta(minutes=20),
            completion_time=ended,
            **common,
        )
        for number in range(12)
    ]
    gui.site.app.database.write(blackboard.record, rows)
    browser.open("/history?show=durations")
    card = '#charts section[aria-label="THIRD"]'
    browser.sees("12 executions", card)
    browser.sees("1 far out", card)
    browser.click(f"{card} details summary")
    browser.sees("obs_007", f"{card} details")
    assert browser.violations() == []
    browser.button("obs_007", card)
    browser.sees("1 of 1", "[data-words]")
    assert cells(browser, "global_job_id") == ["s#7.2#1"]


def test_a_poller_is_paused_and_resumed_and_a_rejected_file_tried_again(browser: Browser, gui: Gui) -> None:
    site = gui.site
    browser.log_in("olga", PASSWORD)
    inbox = site.folder / "inbox"
    inbox.mkdir()
    (site.folder / "state" / "pollers").mkdir()
    table = site.folder / "state" / "pollers" / "p.toml"
    table.write_text(POLLER.format(inbox=inbox, letters="a-z"), encoding="utf-8")
    (inbox / "NEW.dat").write_bytes(b"content")
    site.owl("poller", "once", "p", code=3)  # there was something that it rejected
    browser.open("/poller")
    browser.sees("NEW.dat", "#events")
    browser.button("Pause", "#pollers")
    browser.click('dialog[open] .ask-buttons button[value="ok"]')
    assert browser.all("dialog[open]") != []  # it wants a reason
    say(browser, "the archive is closed")
    browser.sees("Paused by olga: “the archive is closed”", "#pollers")
    assert site.ops.pollers.get("p").paused_by == "olga"
    browser.button("Resume", "#pollers")
    browser.wait(lambda: "Paused by" not in browser.text("#pollers"), "it goes on")
    table.write_text(POLLER.format(inbox=inbox, letters="A-Z"), encoding="utf-8")
    browser.click("#events input[type=checkbox]")
    browser.click("#event-retry")
    browser.wait(lambda: site.ops.commands.list(verbs=["poller retry"]), "it is to be looked at again")
    site.owl("poller", "once", "p")
    browser.sees("Settled", "#events")
    assert [entry.dataset for entry in site.ops.entries(dataset="NEW")] == ["NEW"]
    kept = [(one.verb, one.requested_by) for one in site.ops.commands.list() if str(one.verb).startswith("poller")]
    assert kept == [("poller retry", "olga"), ("poller resume", "olga"), ("poller pause", "olga")]
    assert browser.complaints() == []

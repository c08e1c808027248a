"""What an open page does while the web server or the database is away: it says so, and goes on by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.browser import Browser, chromium
from tests.fixtures.gui import PASSWORD, add_accounts, serve
from tests.fixtures.postgres import PostgresServer, postgres
from tests.fixtures.relay import Relay
from tests.fixtures.site import Site, make_site

__all__ = ["postgres"]


def stay(browser: Browser) -> None:
    """Mark the page: where it is loaded again, the mark is gone."""
    browser.script("window.stayed = true")


def stayed(browser: Browser) -> bool:
    """Whether the page is the one that was marked."""
    return bool(browser.script("return window.stayed === true"))


def all_well(browser: Browser) -> bool:
    """Whether the page complains of nothing any more."""
    return not browser.all("#trouble:not([hidden])")


def queue_of(site: Site, browser: Browser) -> None:
    """A request in the queue, and the page that shows it, which is left alone from then on."""
    add_accounts(site)
    site.ops.accounts.set_preferences("olga", {"refresh": 1})
    site.ops.add("lonely", "pair", requested_by="olga")
    browser.log_in("olga", PASSWORD)
    browser.open("/queue")
    browser.sees("lonely", "#table")
    browser.click("#table [data-select]")
    browser.sees("1 selected", "#bulk")
    stay(browser)


def test_an_open_page_goes_on_when_its_server_is_back(run_directory: Path, tmp_path: Path) -> None:
    folder = run_directory / "sites" / "gui-server"
    with (
        make_site(folder, folder / "spool") as site,
        Relay(serve(site)) as relay,
        chromium(relay.address, tmp_path) as browser,
    ):
        queue_of(site, browser)
        server = site.processes[-1]
        server.kill()
        server.wait()
        browser.sees("The web server can't be reached; trying again.", "#trouble:not([hidden])")
        assert "lonely" in browser.text("#table")
        site.ops.add("meanwhile", "pair", requested_by="ada")
        relay.target = serve(site)
        browser.sees("meanwhile", "#table")
        browser.wait(lambda: all_well(browser), "nothing is wrong any more")
        # The session outlives the server, and so do the selection and the page's token: a change goes through.
        assert stayed(browser)
        browser.sees("1 selected", "#bulk")
        browser.click('#bulk [data-bulk="hold"]')
        browser.type('dialog[open] input[name="reason"]', "the server was away")
        browser.click('dialog[open] .ask-buttons button[value="ok"]')
        browser.wait(lambda: "held by olga" in str(site.ops.entries(dataset="lonely")[0].error), "it is held")


@pytest.mark.postgresql
def test_an_open_page_goes_on_when_the_database_is_back(
    postgres: PostgresServer, run_directory: Path, tmp_path: Path
) -> None:
    postgres.run("CREATE DATABASE gui")
    folder = run_directory / "sites" / "gui-away"
    with (
        make_site(folder, folder / "spool", postgres.url("gui"), database_patience=1.0) as site,
        chromium(serve(site), tmp_path) as browser,
    ):
        queue_of(site, browser)
        first = browser.driver.current_window_handle
        try:
            postgres.stop()
            browser.sees("database", "#trouble:not([hidden])")
            browser.shot("database-away")
            assert "lonely" in browser.text("#table")
            assert stayed(browser)
            browser.driver.switch_to.new_window("tab")
            browser.open("/queue")
            browser.sees("tries again by itself")
            assert "Traceback" not in browser.text()
        finally:
            if postgres.process is None:
                postgres.start()
        # The page that was opened meanwhile loads itself again, the one that was open before doesn't need to.
        browser.sees("lonely", "#table")
        browser.driver.close()
        browser.driver.switch_to.window(first)
        site.ops.add("another", "pair", requested_by="ada")
        browser.sees("another", "#table")
        browser.wait(lambda: all_well(browser), "nothing is wrong any more")
        assert stayed(browser)
        browser.sees("1 selected", "#bulk")

"""The web GUI as browsers see it: fifty that refresh, and one that comes for the first time."""

from __future__ import annotations

import http.client
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from owl.app import App
from owl.config import load_settings
from owl.db import migrate
from owl.model import Role
from owl.pool.ports import choose_port
from tests.bench.blackboards import dataset, fill
from tests.fixtures.browser import chromium
from tests.fixtures.site import OWL, wait_for
from webgui import build

EXECUTIONS = 1_000_000
BROWSERS, PERIOD, SECONDS = 50, 2.0, 30.0
VISITS = 5
SERVER_CORE = 0
PASSWORD = "correct horse battery staple"
# Put into the page before its own scripts: when the first frame with the table's rows has been drawn, in
# milliseconds since the visit began.
_PAINTED = """
new MutationObserver((_changes, observer) => {
  if (!document.querySelector("#table tbody tr")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now(); }));
}).observe(document, {childList: true, subtree: true});
"""
_BYTES = """
const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
return all.reduce((sum, one) => sum + one.transferSize, 0);
"""


def figures() -> Iterator[dict[str, Any]]:
    """Milliseconds of a refresh with fifty browsers on one core; seconds and bytes of a first page."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (address, token):
        with aside():
            figure = refreshed(address, token)
        yield {**figure, "load_average": os.getloadavg()[0]}
        yield {**visited(address, Path(folder)), "load_average": os.getloadavg()[0]}


@contextmanager
def aside() -> Iterator[None]:
    """This process on the other cores than the server's, where there are any: its own work isn't the server's."""
    all_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, all_cores - {SERVER_CORE} or all_cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, all_cores)


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    """A GUI over a million executions, on one core, and a token for it."""
    build.build()  # a server without its scripts shows no row, however long one waits
    settings = {"OWL_DATABASE_URL": f"sqlite:///{folder}/owl.db", "OWL_STATE_DIR": str(folder)}
    app = App(load_settings(settings))
    migrate.upgrade(app.open_database(app.settings.database_url))
    fill(app.database, EXECUTIONS)
    app.ops.accounts.create("olga", Role.OPERATOR, PASSWORD, by="bench")
    _, token = app.ops.accounts.make_token("olga", "bench", by="bench")
    port = choose_port()
    command = ["taskset", "-c", str(SERVER_CORE), str(OWL), "web", "--port", str(port)]
    server = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _answers(port), "the GUI answers")
        yield f"http://127.0.0.1:{port}", token
    finally:
        server.terminate()
        server.wait(30)
        app.database.close()


def refreshed(address: str, token: str) -> dict[str, Any]:
    """Fifty browsers with a connection each, one request in two seconds: Monitor, datasets, Dashboard."""
    one = dataset(EXECUTIONS // 10)
    paths = [
        "/api/v1/executions?limit=50",
        f"/api/v1/executions?limit=50&dataset={one[:12]}",
        "/api/v1/executions?limit=50&state=failed",
        "/api/v1/datasets?limit=50",
        "/api/v1/dashboard",
    ]
    answers: list[tuple[str, int, float]] = []
    clients = [
        threading.Thread(target=_client, args=(address, token, paths[number % len(paths)], number, answers))
        for number in range(BROWSERS)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    times = sorted(milliseconds for _, _, milliseconds in answers)
    of_path = {path: sorted(ms for asked, _, ms in answers if asked == path) for path in paths}
    return {
        "figure": "refresh",
        "browsers": BROWSERS,
        "requests": len(times),
        "refused": sum(status != HTTPStatus.OK for _, status, _ in answers),
        "executions": EXECUTIONS,
        "median_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[int(0.95 * len(times))], 1),
        "p95_ms_by_request": {path: round(of[int(0.95 * len(of))], 1) for path, of in of_path.items()},
        "target": "p95 below 300 ms on one core",
    }


def visited(address: str, folder: Path) -> dict[str, Any]:
    """The Monitor's first page with nothing in the browser's cache, until its rows are painted."""
    seconds, size = [], 0
    with chromium(address, folder / "profile") as browser:
        browser.log_in("olga", PASSWORD)
        browser.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _PAINTED})
        for _ in range(VISITS):
            browser.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
            browser.open("/monitor")
            painted = browser.wait(lambda: browser.script("return window.painted"), "the rows are painted")
            seconds.append(painted / 1000)
            size = int(browser.script(_BYTES))
    return {
        "figure": "first_visit",
        "executions": EXECUTIONS,
        "seconds": [round(one, 2) for one in sorted(seconds)],
        "bytes": size,
        "target": "below 1.5 s, below 600 kB",
    }


def _client(address: str, token: str, path: str, number: int, answers: list[tuple[str, int, float]]) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
    headers: Mapping[str, str] = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    due = time.monotonic() + PERIOD * number / BROWSERS
    end = due + SECONDS
    while due < end:
        time.sleep(max(0.0, due - time.monotonic()))
        start = time.perf_counter()
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        answers.append((path, answer.status, 1000 * (time.perf_counter() - start)))
        due += PERIOD
    connection.close()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()

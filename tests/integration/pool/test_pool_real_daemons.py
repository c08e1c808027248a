"""OWL's own daemons as children of condor_master."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from owl.pool.personal import PersonalPool

OWN = ("OWLD", "OWL_SHOVELER", "OWL_RESCUE")


def wait_for(condition: Callable[[], object], what: str, patience: float = 300) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what} not within {patience} s"
        time.sleep(0.1)


@pytest.fixture
def with_daemons(make_pool: Callable[[str], PersonalPool]) -> Iterator[PersonalPool]:
    """A pool with OWL's daemons, and a database for them."""
    personal = make_pool("daemons")
    personal.prepare()
    subprocess.run(
        [str(Path(sys.executable).parent / "owl"), "db", "upgrade"],
        env={**os.environ, "OWL_STATE_DIR": str(personal.settings.state_dir)},
        check=True,
        capture_output=True,
    )
    personal.up(owl_daemons=True, slots=2, overrides={"SHUTDOWN_GRACEFUL_TIMEOUT": "300"})
    yield personal
    personal.down()


def test_they_start_come_back_when_killed_write_logs_and_stop_cleanly(
    with_daemons: PersonalPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = with_daemons
    monkeypatch.setattr("owl.pool.master.DOWN_DEADLINE", 300.0)  # on a slow machine too they end by themselves
    logs = pool.directory / "log"
    wait_for(lambda: set(OWN) <= set(pool.status().daemons), "OWL's daemons")
    first = pool.status().daemons
    wait_for(
        lambda: all((logs / name).is_file() for name in ("OwldLog", "OwlShovelerLog", "OwlRescueLog")), "their logs"
    )

    os.kill(first["OWLD"], signal.SIGKILL)
    wait_for(lambda: pool.status().daemons.get("OWLD", first["OWLD"]) != first["OWLD"], "owld's return")
    second = pool.status().daemons
    assert second["OWL_SHOVELER"] == first["OWL_SHOVELER"]

    pool.down()

    told = (logs / "MasterLog").read_text()
    assert f"The OWLD (pid {first['OWLD']}) died due to signal 9" in told
    assert f"The OWL_SHOVELER (pid {first['OWL_SHOVELER']}) exited with status 0" in told

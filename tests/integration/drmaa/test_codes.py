"""Error codes that HTCondor gives cause for only when something is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from owl.pool.personal import PersonalPool
from tests.fixtures.configured import configured
from tests.integration.drmaa.test_faults import until

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("greeted")]

Shell = Callable[..., Any]


@contextmanager
def without_history() -> Iterator[None]:
    """HTCondor has no history for a while."""
    import htcondor2

    history = Path(htcondor2.param["HISTORY"])
    aside = history.with_name("history-aside")
    history.rename(aside)
    try:
        yield
    finally:
        aside.rename(history)


def test_a_job_of_which_htcondor_kept_no_record(client: ModuleType, session: Any, shell: Shell) -> None:
    import htcondor2

    first, second = (session.runJob(shell("exit 0")) for _ in range(2))
    ours = ", ".join(job.rsplit(".", 2)[1] for job in (first, second))
    until(lambda: not htcondor2.Schedd().query(f"member(ClusterId, {{{ours}}})", ["ClusterId"]))
    with without_history():
        # The client has no exception of its own for NO_RUSAGE.
        with pytest.raises(Exception, match="neither in HTCondor's queue nor in its history"):
            session.wait(first, 300)
        session.synchronize([second], 300, False)


def test_what_htcondor_does_not_allow(client: ModuleType, pool: PersonalPool, session: Any, shell: Shell) -> None:
    job = session.runJob(shell("sleep 86400"))
    with configured(pool, DENY_WRITE_SCHEDD="*"):
        with pytest.raises(client.errors.AuthorizationException):
            session.runJob(shell("exit 0"))
        with pytest.raises(client.errors.AuthorizationException):
            session.control(job, client.JobControlAction.TERMINATE)


def test_categories_that_are_not_there(
    client: ModuleType, session: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.exit()
    monkeypatch.setenv("DRMAA_HTCONDOR_CATEGORIES", str(folder / "none.toml"))
    with pytest.raises(client.errors.DrmsInitException, match=r"none\.toml"):
        session.initialize()

"""A pool of these tests' own, whose daemons are killed and whose hook is broken, and sites on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from owl.pool.personal import PersonalPool
from tests.faults.tools import start
from tests.fixtures.client import client_of
from tests.fixtures.plugin import desk, empty_queue, site
from tests.fixtures.postgres import postgres

__all__ = ["desk", "postgres", "site"]


@pytest.fixture(scope="session")
def pool(make_pool: Callable[[str], PersonalPool]) -> Iterator[PersonalPool]:
    """It takes the place of the shared pool here; whose client this process is goes by the test."""
    personal = make_pool("faults")
    try:
        start(personal)
        yield personal
    finally:
        personal.down()


@pytest.fixture(autouse=True)
def _client_of_this_pool(pool: PersonalPool) -> Iterator[None]:
    """For each test alone: a worker of xdist's may run tests of the shared pool between two of these.

    No test leaves jobs to the next.
    """
    with client_of(pool):
        yield
        empty_queue()

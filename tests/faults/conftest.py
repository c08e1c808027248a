"""A pool of these tests' own, whose daemons are killed and whose hook is broken, and sites on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from owl.pool.personal import PersonalPool
from tests.faults.tools import start
from tests.fixtures.plugin import desk, empty_queue, site
from tests.fixtures.postgres import postgres

__all__ = ["desk", "postgres", "site"]


@pytest.fixture(scope="package")
def pool(make_pool: Callable[[str], PersonalPool]) -> Iterator[PersonalPool]:
    """It takes the place of the shared pool here, also for this process and HTCondor's bindings in it."""
    personal = make_pool("faults")
    try:
        start(personal)
        with _client_of(personal):
            yield personal
    finally:
        personal.down()


@pytest.fixture(autouse=True)
def _empty_queue(pool: PersonalPool) -> Iterator[None]:
    """No test leaves jobs to the next."""
    yield
    empty_queue()


@contextmanager
def _client_of(personal: PersonalPool) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(personal.environment())
    _reload()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        _reload()


def _reload() -> None:
    if (bindings := sys.modules.get("htcondor2")) is not None:
        bindings.reload_config()

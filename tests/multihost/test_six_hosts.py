"""Two shovelers, three execute hosts, one database: what is cut off or dies, nothing is lost and nothing runs twice."""

from __future__ import annotations

import pytest

from tests.multihost.pool import Pool, add_many

pytestmark = [pytest.mark.pool, pytest.mark.postgresql]


def test_two_shovelers_drain_the_queue_with_none_twice(six_hosts: Pool) -> None:
    add_many(six_hosts, 10)

"""Leases: who lives is seen by a heartbeat that changes, whatever the hosts' clocks say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from owl.errors import StorageError
from owl.model import Daemon
from owl.shoveler.lease import DEAD_AFTER, Watch, token
from tests.fixtures.database import START, at

A = Daemon(name="shoveler", host="a/1", pid=1, version="1", started_at=START, heartbeat=START)


def test_a_state_directory_keeps_its_token_and_another_has_another(tmp_path: Path) -> None:
    first = token(tmp_path / "one")
    assert token(tmp_path / "one") == first
    assert token(tmp_path / "two") != first
    (tmp_path / "one" / "shoveler.id").write_text("../x")
    with pytest.raises(StorageError, match="isn't a shoveler's token"):
        token(tmp_path / "one")


def test_a_shoveler_is_dead_when_its_heartbeat_stands_still() -> None:
    watch = Watch()
    watch.look([A], 0)
    assert not watch.dead("shoveler@a/1", DEAD_AFTER)
    assert watch.dead("shoveler@a/1", DEAD_AFTER + 1)


def test_a_clock_that_was_set_back_is_no_death() -> None:
    watch = Watch()
    for second in range(0, 200, 5):
        watch.look([dataclasses.replace(A, heartbeat=at(-3600 + second if second > 100 else second))], second)
        assert not watch.dead("shoveler@a/1", second)


def test_one_that_said_goodbye_is_dead_at_once_and_an_unknown_one_after_a_while() -> None:
    watch = Watch()
    watch.look([dataclasses.replace(A, stopped_at=at(1))], 0)
    assert watch.dead("shoveler@a/1", 0)
    assert not watch.dead("shoveler@unknown", 0)
    assert watch.dead("shoveler@unknown", DEAD_AFTER + 1)

"""File events that don't come, or not all: the scan takes over, and whoever looks after the poller is told.

That the system's queue overflows for real is in tests/acceptance/test_pollers.py.
"""

from __future__ import annotations

import errno
import shutil
from functools import partial
from typing import Any

import pytest
from watchdog.observers.inotify_c import InotifyEvent, InotifyFD, WatchDescriptor

from owl.ops.pollers import Pollers
from owl.poller.service import Poller
from owl.poller.watch import Watcher, _Reader
from tests.fixtures.pollers import Arrivals

FOR_EVER = 86_400


def says(arrivals: Arrivals, poller: Poller) -> str:
    """What operators see."""
    poller.step()
    poller._controlled = None  # what there is to say is said at the beginning of a step
    poller.step()
    (state,) = Pollers(database=arrivals.database).list()
    return state.message


def reader(poller: Poller) -> _Reader:
    """What reads inotify for a poller."""
    watcher = poller.hearing._watcher
    assert isinstance(watcher, Watcher)
    assert watcher._reader is not None
    return watcher._reader


def refuse(patch: pytest.MonkeyPatch, number: int, words: str, *, below: str) -> None:
    """The system gives no watch of folders whose path ends so, as inotify_add_watch(2) says it."""
    add = InotifyFD.add_callback

    def refused(self: InotifyFD, path: bytes, *given: Any) -> WatchDescriptor:
        if path.endswith(below.encode()):
            raise OSError(number, words)
        return add(self, path, *given)

    patch.setattr(InotifyFD, "add_callback", refused)


def test_without_instances_it_scans_and_says_so_until_there_are_some(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_reader: object) -> int:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    with monkeypatch.context() as patch:
        patch.setattr(InotifyFD, "_create_inotify_fd", none)
        poller = arrivals.poller(file_events=True, scan_period=0.1)
        arrivals.look(poller)
        arrivals.put("ds1.dat")
        arrivals.look_until(poller, lambda: arrivals.datasets() == ["ds1"], "a scan has found it")
        assert "instance limit reached: raise fs.inotify.max_user_instances" in says(arrivals, poller)
        assert "it is scanned every 0.1 s" in says(arrivals, poller)
    poller.hearing._again_at = 0.0
    assert says(arrivals, poller) == ""
    assert poller.hearing.works


@pytest.mark.parametrize("below", ["inbox", "sub"], ids=["the directory itself", "a folder in it"])
def test_at_the_limit_of_watches_it_scans_and_says_so_until_there_are_some(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch, below: str
) -> None:
    (arrivals.inbox / "sub").mkdir()
    with monkeypatch.context() as patch:
        refuse(patch, errno.ENOSPC, "inotify watch limit reached", below=below)
        poller = arrivals.poller(file_events=True, scan_period=0.1, pattern="**/*.dat")
        arrivals.look(poller)
        arrivals.put("sub/ds1.dat")
        arrivals.look_until(poller, lambda: arrivals.datasets() == ["ds1"], "a scan has found it")
        assert "watch limit reached: raise fs.inotify.max_user_watches" in says(arrivals, poller)
    poller.hearing._again_at = 0.0
    assert says(arrivals, poller) == ""
    assert poller.hearing.works


def test_a_folder_that_may_not_be_watched_for_another_reason_is_left_to_the_scan(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    (arrivals.inbox / "sub").mkdir()
    refuse(monkeypatch, errno.ENOENT, "gone", below="sub")
    poller = arrivals.poller(file_events=True, scan_period=FOR_EVER, pattern="**/*.dat")
    arrivals.look(poller)
    assert says(arrivals, poller) == ""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_noticed_told_and_replaced(
    arrivals: Arrivals, monkeypatch: pytest.MonkeyPatch
) -> None:
    poller = arrivals.poller(file_events=True, scan_period=FOR_EVER)
    arrivals.look(poller)
    dying = reader(poller)

    def die(_event: InotifyEvent) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(dying, "handle_event", die)
    arrivals.put("ds1.dat")
    arrivals.look_until(poller, lambda: arrivals.datasets() == ["ds1"], "a scan has found it")
    assert "no file events (they have ended)" in says(arrivals, poller)
    assert not dying.is_alive()
    poller.hearing._again_at = 0.0
    assert says(arrivals, poller) == ""
    arrivals.put("ds2.dat")
    arrivals.look_until(poller, lambda: arrivals.datasets() == ["ds1", "ds2"], "events come again")


@pytest.mark.parametrize("pattern", ["*.dat", "**/*.dat"])
def test_a_directory_that_is_made_anew_is_watched_anew(arrivals: Arrivals, pattern: str) -> None:
    """It may have the inode that it had before, and be there again before anybody has looked."""
    poller = arrivals.poller(file_events=True, scan_period=FOR_EVER, pattern=pattern)
    arrivals.look(poller)
    for name in ("ds1", "ds2", "ds3"):
        make_anew(arrivals, poller)
        arrivals.put(f"{name}.dat")
        arrivals.look_until(poller, partial(takes, arrivals, name), "events come again")
    assert says(arrivals, poller) == ""


def make_anew(arrivals: Arrivals, poller: Poller) -> None:
    """Delete the directory, make it again, and wait until that is watched."""
    old = reader(poller)
    shutil.rmtree(arrivals.inbox)
    arrivals.inbox.mkdir()
    arrivals.look_until(poller, lambda: poller.hearing.works and reader(poller) is not old, "it is watched again")


def takes(arrivals: Arrivals, dataset: str) -> bool:
    """Whether a dataset was asked for."""
    return dataset in arrivals.datasets()

"""File events as hints: what they tell is looked at, what they lose the next scan finds.

watchdog keeps three things to itself that somebody must be told, so its reader of inotify is extended here: that
the system's queue overflowed (inotify(7), IN_Q_OVERFLOW), that a folder could not be watched because a limit is
reached, and that the directory's own watch has ended (IN_IGNORED: it was deleted, or its file system is gone).
"""

from __future__ import annotations

import errno
import os
import threading
import warnings
from dataclasses import dataclass, field

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver
from watchdog.observers.inotify import InotifyEmitter
from watchdog.observers.inotify_c import (
    CallbackId,
    InotifyConstants,
    InotifyEvent,
    InotifyFD,
    Mask,
    WatchCallback,
    WatchDescriptor,
)

from owl.poller.paths import to_text

# Without what is written in between: a file that is written in a thousand pieces would be a thousand events.
_KINDS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileAttribEvent,  # a marker that is touched again
    DirCreatedEvent,
    DirMovedEvent,
]
_MOST = 200_000
_JOIN = 5.0  # seconds
_LIMITS = {errno.ENOSPC: "fs.inotify.max_user_watches", errno.EMFILE: "fs.inotify.max_user_instances"}


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What has happened since the last look; `lost`: there was more than could be kept."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    lost: bool = False


class Watcher(FileSystemEventHandler):
    """Keeps what happens below a directory until it is taken. `limit` says why some folders aren't watched."""

    def __init__(self, root: str, *, deep: bool) -> None:
        self._root = root
        self._deep = deep
        self._lock = threading.Lock()
        self._files: dict[str, None] = {}
        self._folders: dict[str, None] = {}
        self._lost = False
        self._reader: _Reader | None = None
        self._observer: BaseObserver | None = None
        self.limit = ""

    def start(self) -> str:
        """Begin; returns why this system or file system gives no events, "" where it does."""
        # watchdog watches a directory that is made within a new one twice, and warns of that from its own thread.
        warnings.filterwarnings("ignore", "Callback with id .* already exists", RuntimeWarning)
        try:
            self._reader = _Reader(self, os.fsencode(self._root))
            self._reader.start()
            observer = BaseObserver(InotifyEmitter, inotify_fd=self._reader)
            observer.schedule(self, self._root, recursive=self._deep, event_filter=_KINDS)
            observer.start()
        except OSError as error:
            self.stop()
            return told(error)
        self._observer = observer
        return ""

    def stop(self) -> None:
        """End it."""
        for one in (self._observer, self._reader):
            if one is not None:
                one.stop()
            if one is not None and one.is_alive():
                one.join(_JOIN)
        self._observer = self._reader = None

    @property
    def works(self) -> bool:
        """Whether events still come: each thread lives, and the directory itself is watched."""
        if self._observer is None or self._reader is None or self.gone:
            return False
        return all(one.is_alive() for one in (self._reader, self._observer, *self._observer.emitters))

    @property
    def gone(self) -> bool:
        """Whether the directory that was watched was deleted, or its file system taken away."""
        return self._reader is not None and self._reader.ended

    def take(self) -> Changes:
        """What has happened since the last time."""
        if not (self._files or self._folders or self._lost):
            return Changes()
        with self._lock:
            taken = Changes(files=list(self._files), folders=list(self._folders), lost=self._lost)
            self._files, self._folders, self._lost = {}, {}, False
        return taken

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Keep where something has happened."""
        paths = (event.dest_path, event.src_path) if event.event_type == "moved" else (event.src_path,)
        with self._lock:
            for path in paths:
                relative = self._relative(path)
                if relative:
                    (self._folders if event.is_directory else self._files)[relative] = None
            if len(self._files) > _MOST:
                self._files, self._lost = {}, True

    def overflowed(self) -> None:
        """The system has lost events: only a scan tells what they were."""
        with self._lock:
            self._lost = True

    def refused(self, path: bytes, error: OSError) -> None:
        """A folder can't be watched: one that is gone matters to nobody, a limit that is reached does."""
        if error.errno in _LIMITS and not self.limit:
            self.limit = f"{to_text(os.fsdecode(path))}: {told(error)}"

    def _relative(self, path: bytes | str) -> str:
        text = path if isinstance(path, str) else path.decode("utf-8", "surrogateescape")
        return text.removeprefix(f"{self._root}/") if text.startswith(f"{self._root}/") else ""


class _Reader(InotifyFD):
    """watchdog's reader of inotify, which tells its watcher what watchdog tells nobody."""

    def __init__(self, watcher: Watcher, root: bytes) -> None:
        super().__init__()
        self._watcher = watcher
        self._root = root
        self._root_watch: WatchDescriptor | None = None
        self.ended = False  # the directory itself is no longer watched

    def add_callback(self, path: bytes, mask: Mask, callback: WatchCallback, id_: CallbackId) -> WatchDescriptor:
        """Watch one folder."""
        try:
            found = super().add_callback(path, Mask(mask | InotifyConstants.IN_ATTRIB), callback, id_)
        except OSError as error:
            self._watcher.refused(path, error)
            raise
        if path == self._root:
            self._root_watch, self.ended = found, False
        return found

    def handle_event(self, event: InotifyEvent) -> None:
        """One event of the system's, or its word that there were more."""
        if event.is_queue_overflow:
            self._watcher.overflowed()
        elif event.is_ignored and event.wd == self._root_watch:
            self.ended = True
        super().handle_event(event)


def told(error: OSError) -> str:
    """Why there are no file events, and what to do where a limit is reached."""
    knob = _LIMITS.get(error.errno or 0)
    return f"{error.strerror}: raise {knob}" if knob else str(error.strerror)

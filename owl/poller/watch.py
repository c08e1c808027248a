"""File events as hints: what they tell is looked at, what they lose the next scan finds."""

from __future__ import annotations

import logging
import threading
import warnings
from dataclasses import dataclass, field

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from owl.poller.paths import to_text

_log = logging.getLogger(__name__)

_KINDS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileClosedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]
_MOST = 200_000


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What has happened since the last look; `lost`: there was more than could be kept."""

    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    lost: bool = False


class Watcher(FileSystemEventHandler):
    """Keeps what happens below a directory until it is taken."""

    def __init__(self, root: str, *, deep: bool) -> None:
        self._root = root
        self._deep = deep
        self._lock = threading.Lock()
        self._files: dict[str, None] = {}
        self._folders: dict[str, None] = {}
        self._lost = False
        self._observer: BaseObserver | None = None

    def start(self) -> bool:
        """Begin; False where this system or file system gives no events."""
        # watchdog watches a directory that is made within a new one twice, and warns of that from its own thread.
        warnings.filterwarnings("ignore", "Callback with id .* already exists", RuntimeWarning)
        observer = Observer()
        try:
            observer.schedule(self, self._root, recursive=self._deep, event_filter=_KINDS)
            observer.start()
        except OSError as error:
            _log.warning("%s: no file events (%s); it is scanned only", to_text(self._root), error.strerror)
            return False
        self._observer = observer
        return True

    def stop(self) -> None:
        """End it."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(5)
            self._observer = None

    @property
    def works(self) -> bool:
        """Whether events still come."""
        if self._observer is None or not self._observer.is_alive():
            return False
        return all(emitter.is_alive() for emitter in self._observer.emitters)

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

    def _relative(self, path: bytes | str) -> str:
        text = path if isinstance(path, str) else path.decode("utf-8", "surrogateescape")
        return text.removeprefix(f"{self._root}/") if text.startswith(f"{self._root}/") else ""

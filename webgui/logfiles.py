"""Files of a run for the browser: only what lies under the work root, however a name or a link points.

A path is resolved first, then opened directory by directory without following links, so that what a job changes
in between can't lead elsewhere. All reading is bounded; text that isn't UTF-8 is shown with replacements.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from owl.errors import InvalidName, NotFound, StorageError

MOST_BYTES = 256 * 1024  # of one answer
MOST_FILES = 2000
MOST_HITS = 200
MOST_SEARCHED = 64 * 2**20
_LINE = 2000  # characters of a line that a hit shows
_BLOCK = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class FileInfo:
    """A regular file in a run's directory; `name` is relative to it."""

    name: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some whole lines of a file: bytes `start` to `end` of `size`. `cut`: a line was longer than an answer."""

    name: str
    size: int
    start: int
    end: int
    text: str
    cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A line that holds what was searched for, and the byte at which it begins."""

    line: int
    start: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Hits:
    """Lines of a file; not `whole` where there were more, or the file is too long to be searched to its end."""

    hits: Sequence[Hit]
    whole: bool


class RunFiles:
    """The files of one run's directory."""

    def __init__(self, work_root: Path, directory: str) -> None:
        self._root = Path(os.path.realpath(work_root))
        self._directory = Path(directory)

    def list(self) -> list[FileInfo]:
        """The regular files of the directory itself, by name; `NotFound` where it isn't there any more."""
        found = []
        with _opened(self._root, self._resolved(""), os.O_DIRECTORY) as directory:
            for name in sorted(os.listdir(directory))[:MOST_FILES]:  # noqa: PTH208 - a descriptor has no pathlib
                with contextlib.suppress(OSError):
                    one = os.stat(name, dir_fd=directory, follow_symlinks=False)
                    if stat.S_ISREG(one.st_mode):
                        found.append(
                            FileInfo(
                                name=os.fsencode(name).decode("utf-8", "replace"),
                                size=one.st_size,
                                modified_at=datetime.fromtimestamp(one.st_mtime, UTC),
                            )
                        )
        return found

    def tail(self, name: str, lines: int) -> Part:
        """The last lines."""
        with self._file(name) as file:
            size = os.fstat(file).st_size
            start = max(0, size - MOST_BYTES)
            data = os.pread(file, size - start, start)
        pieces = data.split(b"\n")
        ends = data.endswith(b"\n")
        kept = pieces[-(lines + 1 if ends else lines) :]
        text = b"\n".join(kept)
        cut = len(kept) == len(pieces) and start > 0
        return Part(name=name, size=size, start=size - len(text), end=size, text=_text(text), cut=cut)

    def part(self, name: str, start: int, limit: int) -> Part:
        """What stands from a byte on; a line that isn't complete yet is left for the next call."""
        with self._file(name) as file:
            size = os.fstat(file).st_size
            start = min(start, size)
            data = os.pread(file, min(limit, MOST_BYTES), start)
        complete = data.rfind(b"\n") + 1
        cut = complete == 0 and len(data) >= min(limit, MOST_BYTES)
        if complete and start + len(data) < size:
            data = data[:complete]
        return Part(name=name, size=size, start=start, end=start + len(data), text=_text(data), cut=cut)

    def before(self, name: str, end: int, limit: int) -> Part:
        """Whole lines that end at a byte: what stood before what is shown."""
        with self._file(name) as file:
            size = os.fstat(file).st_size
            end = min(end, size)
            start = max(0, end - min(limit, MOST_BYTES))
            data = os.pread(file, end - start, start)
        if start:
            newline = data.find(b"\n")
            data = data[newline + 1 :] if 0 <= newline < len(data) - 1 else data
        return Part(name=name, size=size, start=end - len(data), end=end, text=_text(data))

    def search(self, name: str, words: str) -> Hits:
        """Lines that hold some text, whatever its case."""
        wanted = words.casefold()
        hits: list[Hit] = []
        position = 0
        with self._file(name) as file, os.fdopen(os.dup(file), "rb") as stream:
            for number, line in enumerate(iter(lambda: stream.readline(2**20), b""), start=1):
                text = _text(line).rstrip("\r\n")
                if wanted in text.casefold():
                    hits.append(Hit(line=number, start=position, text=text[:_LINE]))
                position += len(line)
                if len(hits) >= MOST_HITS or position >= MOST_SEARCHED:
                    return Hits(hits=hits, whole=not stream.read(1))
        return Hits(hits=hits, whole=True)

    def stream(self, name: str) -> tuple[int, Iterator[bytes]]:
        """The whole file as it is now: its size, and its bytes in blocks."""
        resolved = self._resolved(name)
        with _opened(self._root, resolved, 0) as file:
            descriptor = os.dup(file)
        size = os.fstat(descriptor).st_size
        return size, _blocks(descriptor, size)

    @contextlib.contextmanager
    def _file(self, name: str) -> Iterator[int]:
        with _opened(self._root, self._resolved(name), 0) as file:
            yield file

    def _resolved(self, name: str) -> Path:
        """The real path of a name in the directory, or an error where it isn't under the work root."""
        if "\0" in name or name.startswith("/") or ".." in Path(name).parts:
            raise InvalidName(f"{name[:200]!r} is no name of a file in the run's directory")
        real = Path(os.path.realpath(self._directory / name))
        if not real.is_relative_to(self._root) or real == self._root:
            raise NotFound(f"{name[:200] or 'the directory'} doesn't lie under the work root; it isn't shown")
        return real


@contextlib.contextmanager
def _opened(root: Path, path: Path, flags: int) -> Iterator[int]:
    """A regular file or a directory below the root, opened without following a link on the way."""
    descriptors: list[int] = []
    try:
        try:
            descriptors.append(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            parts = path.relative_to(root).parts
            for number, part in enumerate(parts, start=1):
                kind = flags if number == len(parts) else os.O_DIRECTORY
                # O_NONBLOCK: a pipe that a job has left there must not hold a thread.
                how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | kind
                descriptors.append(os.open(part, how, dir_fd=descriptors[-1]))
            mode = os.fstat(descriptors[-1]).st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"{path.name} isn't there any more") from None
        except OSError as error:
            raise StorageError(f"{path.name} can't be read by the web GUI's account ({error.strerror})") from error
        if not (stat.S_ISDIR(mode) if flags & os.O_DIRECTORY else stat.S_ISREG(mode)):
            raise NotFound(f"{path.name} is no file with text in it")
        yield descriptors[-1]
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _blocks(descriptor: int, size: int) -> Iterator[bytes]:
    try:
        position = 0
        while position < size:
            block = os.pread(descriptor, min(_BLOCK, size - position), position)
            if not block:
                return
            position += len(block)
            yield block
    finally:
        os.close(descriptor)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")

"""Kind `manifest`: a delivery is there when every file that its manifest lists is, with the checksum it gives.

Two forms are read. OWL's own: a first line `owl-delivery 1 NAME COUNT`, then `SHA256  NAME  SIZE` for each file.
And what sha256sum, sha512sum and md5sum write: `HEX  NAME`. Names are relative to the manifest's directory.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from owl.errors import InvalidSetting
from owl.poller.interface import READ_LIMIT, File, Kind, NotYet, Reject, open_plain
from owl.poller.paths import to_text

_HEAD = re.compile(r"owl-delivery 1 (\S{1,200}) ([0-9]{1,9})")
_OWN = re.compile(r"([0-9a-f]{64})  (\S.*?)  ([0-9]{1,18})")
_SUMS = re.compile(r"([0-9a-fA-F]{32}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128}) [ *](.+)")
_ALGORITHMS = {32: "md5", 64: "sha256", 128: "sha512"}
_CHUNK = 2**20
_REMEMBERED = 100_000

ONE, EACH = "delivery", "file"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """One line of a manifest."""

    name: str
    checksum: str
    size: int | None


class Manifest(Kind):
    """A delivery becomes one request, or (`request_for = "file"`) each listed file becomes one.

    The expressions see `delivery` (the name on the first line, else the directory's), `files` (how many) and
    `names`; for each file also `listed.name`, `listed.path`, `listed.stem`, `listed.checksum`.
    """

    known_options: Mapping[str, Any] = {"request_for": ONE, "max_bytes": 8 * READ_LIMIT, "max_files": 100_000}

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if self.options["request_for"] not in (ONE, EACH):
            raise InvalidSetting(f'options: request_for is "{ONE}" or "{EACH}"')
        self._good: dict[str, tuple[tuple[int, ...], str]] = {}

    def read(self, file: File) -> Iterator[Mapping[str, Any]]:
        """The delivery, once it is all there."""
        name, listed = self._parse(file)
        folder = file.path.parent
        for one in listed:
            self._check(folder, one)
        for one in listed:
            self._good.pop(f"{folder}/{one.name}", None)
        names = [one.name for one in listed]
        common = {"delivery": name or folder.name, "files": len(listed), "names": names}
        if self.options["request_for"] == ONE:
            yield common
            return
        for one in listed:
            path = folder / one.name
            about = {"name": one.name, "path": str(path), "stem": path.stem, "checksum": one.checksum}
            yield {**common, "listed": about}

    def others(self, file: File) -> Iterator[Path]:
        """The files that it lists."""
        return (file.path.parent / one.name for one in self._parse(file)[1])

    def _parse(self, file: File) -> tuple[str, list[Listed]]:
        """The delivery's name, where it says one, and its files."""
        content = file.read(self.options["max_bytes"])
        if content.count(b"\n") > 2 * self.options["max_files"]:  # comments and empty lines count for nothing
            raise Reject(
                f"it has more than {2 * self.options['max_files']} lines; the option max_files sets how many"
            )
        try:
            lines = content.decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise NotYet(f"it isn't UTF-8 (byte {error.start})", evidence=len(content)) from error
        rows = ((n, line.rstrip("\r")) for n, line in enumerate(lines, start=1))
        told = [(n, line) for n, line in rows if line.strip() and not line.startswith("#")]
        head = _HEAD.fullmatch(told[0][1]) if told else None
        listed = [_listed(n, line, own=head is not None) for n, line in told[1 if head else 0 :]]
        if head is not None and int(head[2]) != len(listed):
            raise NotYet(f"it lists {len(listed)} files of {head[2]}", evidence=len(content))
        if len(listed) > self.options["max_files"]:
            raise Reject(f"it lists {len(listed)} files; the option max_files allows {self.options['max_files']}")
        if not listed:
            raise NotYet("it lists no file", evidence=len(content))
        if len({one.name for one in listed}) != len(listed):
            raise Reject("it lists a file more than once")
        return (head[1] if head is not None else ""), listed

    def _check(self, folder: Path, one: Listed) -> None:
        """One file must be there as the manifest says; a good one isn't read again while it stays as it is."""
        path = f"{folder}/{one.name}"
        try:
            status = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - a million times: no Path each
        except OSError as error:
            raise NotYet(f"{to_text(one.name)} isn't there ({error.strerror})") from error
        now = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        if self._good.get(path) == (now, one.checksum):
            return
        if os.path.realpath(path) != f"{os.path.realpath(folder)}/{one.name}":
            raise Reject(f"{to_text(one.name)} is a symbolic link")
        if one.size is not None and status.st_size != one.size:
            raise NotYet(f"{to_text(one.name)} has {status.st_size} bytes of {one.size}", evidence=now)
        if _checksum(path, _ALGORITHMS[len(one.checksum)]) != one.checksum:
            raise NotYet(f"{to_text(one.name)} hasn't the checksum that the manifest gives", evidence=now)
        if len(self._good) < _REMEMBERED:
            self._good[path] = (now, one.checksum)


def _listed(number: int, line: str, *, own: bool) -> Listed:
    found = (_OWN if own else _SUMS).fullmatch(line)
    if found is None:
        form = "SHA256  NAME  SIZE" if own else "CHECKSUM  NAME"
        # The last line of a manifest that is being written looks like this too.
        raise NotYet(f"line {number} isn't '{form}'", evidence=line)
    name = found[2]
    if name.startswith("/") or not all(part and part not in (".", "..") for part in name.split("/")):
        raise Reject(f"line {number}: {name[:200]!r} could lead out of the delivery")
    return Listed(name=name, checksum=found[1].lower(), size=int(found[3]) if own else None)


def _checksum(path: str, algorithm: str) -> str:
    whole = hashlib.new(algorithm, usedforsecurity=False)
    with open_plain(path) as stream:
        for chunk in _chunks(stream):
            whole.update(chunk)
    return whole.hexdigest()


def _chunks(stream: Any) -> Iterable[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk

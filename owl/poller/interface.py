"""What a kind of poller is: it reads a file that has arrived and says which requests it becomes.

A kind is a class; `[poller.NAME.options]` is what it is made with. Others than those that come with OWL are found
by the entry point group `owl.pollers`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from owl.errors import InvalidSetting

READ_LIMIT = 16 * 2**20


class NotYet(Exception):
    """The file isn't complete: look again later.

    Args:
        reason: what is missing, for people.
        evidence: where the file may be damaged instead: anything that changes while it still arrives. When it has
            stayed the same for `quiet` seconds, the file is rejected for this reason.
    """

    def __init__(self, reason: str, evidence: object = None) -> None:
        super().__init__(reason)
        self.evidence = evidence


class Reject(Exception):
    """No request can be made of this file; the text says why, for people."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that has arrived. Its name and what it holds are a stranger's."""

    path: Path
    directory: Path  # the poller's

    def open(self) -> BinaryIO:
        """Open it to be read. A link isn't followed, a pipe doesn't block.

        Raises:
            NotYet: it can't be read (any more).
        """
        return open_plain(self.path)

    def read(self, limit: int = READ_LIMIT) -> bytes:
        """All of it; `Reject` where it is larger than `limit` bytes."""
        with self.open() as stream:
            content = stream.read(limit + 1)
        if len(content) > limit:
            raise Reject(f"it is larger than {limit} bytes")
        return content


class Kind:
    """A kind of poller; its subclasses read files.

    Args:
        options: the poller's table `options`.

    Raises:
        InvalidSetting: an option isn't known or isn't as it must be.
    """

    known_options: Mapping[str, Any] = {}  # name → default, whose type the option has

    def __init__(self, options: Mapping[str, Any]) -> None:
        for name, value in options.items():
            if name not in self.known_options:
                there = ", ".join(self.known_options) or "none"
                raise InvalidSetting(f"options: there is no {name!r}; there are: {there}")
            if type(value) is not type(self.known_options[name]):
                kind = type(self.known_options[name]).__name__
                raise InvalidSetting(f"options: {name} = {value!r} must be of type {kind}")
        self.options = {**self.known_options, **options}

    def read(self, file: File) -> Iterable[Mapping[str, Any]]:
        """One set of variables for each request that the file becomes; the table's expressions see them.

        Raises:
            NotYet: it isn't complete.
            Reject: it never will be a request.
        """
        raise NotImplementedError

    def others(self, file: File) -> Iterator[Path]:
        """Files that belong to this one, and go where it goes afterwards."""
        return iter(())


def open_plain(path: str | Path) -> BinaryIO:
    """Open a plain file to be read.

    Raises:
        NotYet: it can't be opened.
        Reject: it is no plain file.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise NotYet(f"it can't be read ({error.strerror})") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Reject("it is no plain file")
    return os.fdopen(descriptor, "rb")

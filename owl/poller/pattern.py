"""Which files a poller looks at: a pattern relative to its directory, and the walk that finds them."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from owl.errors import InvalidSetting

_ANY = "**"
Part = re.Pattern[str] | None  # None is `**`: any number of directories


class Pattern:
    """`*.fits`, `*/manifest.txt`, `**/*_raw.fits`: `*` `?` `[…]` within a name, `**` for any number of directories.

    A name that begins with a dot is matched only where the pattern's part does so too: what is being copied has
    such names (rsync).

    Raises:
        InvalidSetting: it is empty, absolute or leads upwards.
    """

    def __init__(self, text: str) -> None:
        names = text.split("/")
        if not all(names) or any(name in (".", "..") for name in names) or names[-1] == _ANY:
            raise InvalidSetting(
                f"pattern = {text!r}: give names below the directory, such as *.fits or */manifest.txt"
            )
        self.text = text
        self._parts: tuple[Part, ...] = tuple(None if name == _ANY else _compile(name) for name in names)

    @cached_property
    def deep(self) -> bool:
        """Whether it looks into directories below."""
        return len(self._parts) > 1

    def match(self, relative: str) -> bool:
        """Whether a file's path, relative to the directory, is one of these."""
        return _match(self._parts, relative.split("/"))

    def leads_into(self, folder: str) -> bool:
        """Whether there may be such files below a directory, given by its relative path."""
        return _leads(self._parts, folder.split("/"))

    def finds_again(self, folder: str) -> bool:
        """Whether a file that was found could be found again when it lies, with its own path, below this folder."""
        return None in self._parts and self.leads_into(folder)


def walk(root: str, pattern: Pattern, below: str = "") -> Iterator[tuple[str, os.stat_result]]:
    """The files of a pattern with their own (not their targets') `lstat`, in no order.

    Links to directories aren't followed. What goes away meanwhile is left out, so is a folder that can't be read.

    Raises:
        OSError: the directory itself can't be read.
    """
    folders = [below]
    while folders:
        folder = folders.pop()
        prefix = f"{folder}/" if folder else ""
        try:
            entries = os.scandir(f"{root}/{folder}" if folder else root)
        except OSError:
            if not folder:
                raise
            continue
        with entries:
            for entry in entries:
                relative = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if pattern.deep and pattern.leads_into(relative):
                        folders.append(relative)
                elif pattern.match(relative):
                    try:
                        yield relative, entry.stat(follow_symlinks=False)
                    except OSError:
                        continue


def _compile(name: str) -> re.Pattern[str]:
    hidden = "" if name.startswith(".") else r"(?!\.)"
    return re.compile(hidden + fnmatch.translate(name))


def _match(parts: Sequence[Part], names: Sequence[str]) -> bool:
    if not parts or not names:
        return not parts and not names
    first = parts[0]
    if first is None:
        return _match(parts[1:], names) or (not names[0].startswith(".") and _match(parts, names[1:]))
    return first.match(names[0]) is not None and _match(parts[1:], names[1:])


def _leads(parts: Sequence[Part], names: Sequence[str]) -> bool:
    if len(parts) < 2 and parts[:1] != (None,):
        return False
    first = parts[0]
    if first is None:
        return not any(name.startswith(".") for name in names)
    return first.match(names[0]) is not None and (len(names) == 1 or _leads(parts[1:], names[1:]))

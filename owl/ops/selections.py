"""Selections that are kept for everybody: queries in files of the administrator's, functions of other packages."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from owl.db import catalogue
from owl.db.catalogue import Selection
from owl.errors import InvalidSetting

GROUP = "owl.selections"


@dataclass(frozen=True, kw_only=True)
class SavedSelection:
    """A selection by its name.

    Args:
        query: the SQL; "" where it is a function.
        options: what the query asks for; a function takes what its own description says.
    """

    name: str
    query: str = ""
    options: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Selections:
    """What lies in a folder as *.sql, then what packages offer."""

    folder: Path

    def list(self) -> Sequence[SavedSelection]:
        """All of them, by name.

        Raises:
            InvalidSetting: a file can't be read.
        """
        texts = {path.stem: _text(path) for path in sorted(self.folder.glob("*.sql"))}
        found = [
            SavedSelection(name=name, query=text, options=catalogue.options_of(text))
            for name, text in texts.items()
        ]
        functions = sorted({one.name for one in entry_points(group=GROUP)} - set(texts))
        return [*found, *(SavedSelection(name=name) for name in functions)]

    def get(self, name: str) -> Selection:
        """One of them to be carried out. No path is made of the name.

        Raises:
            InvalidSetting: there is none of that name, or it can't be used.
        """
        saved = next((one for one in self.list() if one.name == name), None)
        if saved is None:
            there = ", ".join(one.name for one in self.list()) or "none"
            raise InvalidSetting(f"there is no selection {name[:100]!r}; there are: {there}")
        return catalogue.select_by_sql(saved.query) if saved.query else named_selection(name)


def sql_selection(path: Path) -> Selection:
    """A selection that is one query in a file.

    Raises:
        InvalidSetting: it can't be read.
    """
    return catalogue.select_by_sql(_text(path))


def named_selection(name: str) -> Selection:
    """A selection of another package, by its entry point in the group `owl.selections`.

    Raises:
        InvalidSetting: there is none of that name, or it can't be used.
    """
    there = {one.name: one for one in entry_points(group=GROUP)}
    if name not in there:
        close = difflib.get_close_matches(name, there, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(there) or 'none'}"
        raise InvalidSetting(f"there is no selection {name!r}; {hint}")
    try:
        found: Selection = there[name].load()
    except (ImportError, AttributeError) as error:
        raise InvalidSetting(f"the selection {name!r} ({there[name].value}) can't be used: {error}") from error
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it isn't UTF-8"
        raise InvalidSetting(f"{path}: can't be read: {why}") from error

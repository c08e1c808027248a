"""What a user prefers: checked when it comes in, defaults where nothing was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from flask import g

from owl.errors import InvalidSetting
from webgui.services import services

THEMES = ("auto", "light", "dark")
DENSITIES = ("compact", "normal", "roomy")
TIMES = ("utc", "local")
REFRESH = (0, 1, 2, 5, 10, 30, 60)  # seconds; 0: by hand
ROWS = (10, 25, 50, 100, 200, 500, 1000)
_COLUMNS_LIMIT = 40


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """How the GUI looks and behaves for one user. `columns`: the visible ones by table, where they were chosen."""

    theme: str = "auto"
    density: str = "compact"
    times: str = "utc"
    refresh: int = 5
    rows: int = 50
    shortcuts: bool = True
    columns: Mapping[str, list[str]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As it is kept and as scripts get it."""
        return asdict(self)


_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "theme": THEMES,
    "density": DENSITIES,
    "times": TIMES,
    "refresh": REFRESH,
    "rows": ROWS,
    "shortcuts": (True, False),
}


def of_user(name: str) -> Preferences:
    """A user's preferences; what an older version kept and this one doesn't know is left out."""
    if "preferences" not in g:
        kept = services().ops.accounts.preferences(name)
        good = {key: value for key, value in kept.items() if _fits(key, value)}
        g.preferences = Preferences(**good)
    found: Preferences = g.preferences
    return found


def changed(name: str, given: Mapping[str, Any]) -> Preferences:
    """Keep what a user has chosen now.

    Raises:
        InvalidSetting: there is no such preference, or no such choice.
    """
    known = {one.name for one in fields(Preferences)}
    for key, value in given.items():
        if key not in known:
            raise InvalidSetting(f"there is no preference {key!r}; there are: {', '.join(sorted(known))}")
        if not _fits(key, value):
            some = ", ".join(map(str, _CHOICES.get(key, ("lists of column names by table",))))
            raise InvalidSetting(f"{key} can't be {str(value)[:80]!r}; give one of {some}")
    new = Preferences(**{**of_user(name).plain(), **given})
    services().ops.accounts.set_preferences(name, new.plain())
    g.preferences = new
    return new


def _fits(key: str, value: Any) -> bool:
    if key == "columns":
        return isinstance(value, dict) and len(value) <= _COLUMNS_LIMIT and all(map(_names, value.values()))
    choices = _CHOICES.get(key, ())
    return any(value == one and type(value) is type(one) for one in choices)


def _names(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _COLUMNS_LIMIT
        and all(isinstance(one, str) and len(one) <= _COLUMNS_LIMIT for one in value)
    )

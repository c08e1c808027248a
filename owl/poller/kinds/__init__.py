"""The kinds of pollers: those that come with OWL, and those that other packages offer as `owl.pollers`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from owl.errors import InvalidSetting
from owl.poller.interface import Kind

GROUP = "owl.pollers"
OWN: Mapping[str, tuple[str, str]] = {
    "file": ("owl.poller.kinds.pattern", "FilePattern"),
    "manifest": ("owl.poller.kinds.manifest", "Manifest"),
    "fits": ("owl.poller.kinds.fits", "Fits"),
    "json": ("owl.poller.kinds.message", "Message"),
}


def make_kind(name: str, options: Mapping[str, Any]) -> Kind:
    """A kind of that name, made with a table's options.

    Raises:
        InvalidSetting: there is none, it can't be imported, or it refuses the options.
    """
    if name in OWN:
        module, attribute = OWN[name]
        made: Kind = getattr(import_module(module), attribute)(options)
        return made
    others = {one.name: one for one in entry_points(group=GROUP)}
    if name not in others:
        there = [*OWN, *others]
        close = difflib.get_close_matches(name, there, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(there)}"
        raise InvalidSetting(f"kind: there is no {name!r}; {hint}")
    try:
        made = others[name].load()(options)
    except (ImportError, AttributeError, TypeError) as error:
        raise InvalidSetting(f"kind: {name!r} ({others[name].value}) can't be used: {error}") from error
    if not isinstance(made, Kind):
        raise InvalidSetting(f"kind: {name!r} ({others[name].value}) is no subclass of owl.poller.Kind")
    return made

"""The static files that the build made: their names carry a hash, and a manifest tells which is which."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parent / "static"
MANIFEST = "dist/manifest.json"
NOT_BUILT = (
    "the web GUI's scripts and styles aren't built: run `make webgui` in the source tree "
    "(it needs Node 20 or newer, or fetches one), then start `owl web` again"
)


class Assets:
    """Looks names up in the manifest; a directory without one is told of in words, not by a broken page."""

    def __init__(self, directory: Path = STATIC) -> None:
        self.directory = directory

    @property
    def built(self) -> bool:
        """Whether there is anything to serve."""
        return (self.directory / MANIFEST).is_file()

    @cached_property
    def _names(self) -> Mapping[str, Any]:
        found: dict[str, Any] = json.loads((self.directory / MANIFEST).read_text(encoding="utf-8"))
        return found

    def name(self, entry: str) -> str:
        """The file of an entry point (`main.js`, `main.css`), below the static directory."""
        return f"dist/{self._names['files'][entry]}"

    def preloads(self) -> list[str]:
        """Scripts that every page needs besides its entry point: fetched at once instead of one after the other."""
        return [f"dist/{name}" for name in self._names["shared"]]

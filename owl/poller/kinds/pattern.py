"""Kind `file`: a file is a request; everything follows from its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from owl.poller.interface import File, Kind


class FilePattern(Kind):
    """A file becomes one request."""

    def read(self, file: File) -> Iterable[Mapping[str, Any]]:
        """Nothing is read: the name says it all."""
        return ({},)

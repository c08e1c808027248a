"""What the views call: OWL's composition root, kept by the application that it was made for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, current_app

from owl.app import App
from webgui.assets import Assets

if TYPE_CHECKING:
    from owl.config import Settings
    from owl.ops import Operations
    from owl.ops.governance import Governance

_KEY = "owl"


@dataclass(frozen=True, kw_only=True)
class Services:
    """OWL, and the static files."""

    owl: App
    assets: Assets

    @property
    def ops(self) -> Operations:
        """The interface library."""
        return self.owl.ops

    @property
    def settings(self) -> Settings:
        """OWL's settings."""
        return self.owl.settings

    @property
    def governance(self) -> Governance:
        """What governs the shoveler."""
        return self.ops.governance(self.settings)


def install(app: Flask, found: Services) -> None:
    """Give an application its services."""
    app.extensions[_KEY] = found


def services(app: Flask | None = None) -> Services:
    """The services of an application, or of the one that works on this request."""
    found: Services = (app or current_app).extensions[_KEY]
    return found

"""For a WSGI server other than `owl web`'s own: `waitress-serve --call webgui.wsgi:application`."""

from __future__ import annotations

from flask import Flask

from owl.app import make_app
from webgui.app import create_app


def application() -> Flask:
    """OWL's web GUI with the settings of owl.toml and the environment."""
    return create_app(make_app())

"""`/api/v1`: what the GUI shows and does, for scripts too."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webgui.api import accounts, commands, figures, logs, looks, pollers, queue, workflows
from webgui.api.openapi import describe
from webgui.api.registry import Registry

PREFIX = "/api/v1"


def _make() -> Blueprint:
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    registry = Registry()
    for module in (looks, figures, logs, commands, queue, pollers, workflows, accounts):
        module.add(registry)
    registry.register(blueprint)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(describe(registry.endpoints, PREFIX))

    return blueprint


blueprint = _make()

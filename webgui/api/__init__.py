"""`/api/v1`: what the GUI shows and does, for scripts too."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from webgui.api import (
    accounting,
    accounts,
    again,
    associations,
    campaigns,
    commands,
    figures,
    governance,
    logs,
    looks,
    nodes,
    pollers,
    provenance,
    queue,
    rescues,
    users,
    workflows,
)
from webgui.api.openapi import describe
from webgui.api.registry import Registry

PREFIX = "/api/v1"
# In the order in which the description has them.
_MODULES = (
    looks,
    provenance,
    figures,
    accounting,
    logs,
    commands,
    rescues,
    nodes,
    queue,
    again,
    governance,
    campaigns,
    associations,
    pollers,
    workflows,
    accounts,
    users,
)


def _make() -> Blueprint:
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    registry = Registry()
    for module in _MODULES:
        module.add(registry)
    registry.register(blueprint)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(describe(registry.endpoints, PREFIX))

    return blueprint


blueprint = _make()

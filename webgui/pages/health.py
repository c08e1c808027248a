"""Whether the server works, for supervisors: no login, and nothing that a stranger may not know."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from owl.errors import OwlError
from webgui.errors import status_of
from webgui.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/health", endpoint="health")
@blueprint.get("/healthz", endpoint="healthz")
def health() -> tuple[Response, int]:
    """200 where the database answers, else 503."""
    try:
        services().owl.database.check_schema()
    except OwlError as error:
        return jsonify(ok=False), status_of(error)
    return jsonify(ok=True), 200

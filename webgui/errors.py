"""Every error as one line for people: a page for browsers, a problem document (RFC 9457) for programs."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, g, jsonify, render_template, request
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from owl.errors import (
    CatalogueAway,
    DatabaseAway,
    DuplicateRequest,
    NotAllowed,
    NotFound,
    OwlError,
    SchemaOutdated,
    UnknownWorkflow,
    UserError,
)

_log = logging.getLogger(__name__)

# The first that an error is an instance of.
_STATUS: tuple[tuple[type[OwlError], int], ...] = (
    (NotFound, 404),
    (UnknownWorkflow, 404),
    (NotAllowed, 409),
    (DuplicateRequest, 409),
    (UserError, 400),
    (CatalogueAway, 502),  # OWL's own database answers
    (DatabaseAway, 503),
    (SchemaOutdated, 503),
    (OwlError, 500),
)


def set_up(app: Flask) -> None:
    """Answer errors in words."""
    app.register_error_handler(OwlError, _owl_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def status_of(error: OwlError) -> int:
    """The HTTP status that an error of OWL's has."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def _owl_error(error: OwlError) -> Response:
    status = status_of(error)
    if status >= 500:
        _log.error("%s", error, extra={"action": "web_error", "path": request.path})
    answer = _answer(status, str(error))
    if status == 503:
        answer.headers["Retry-After"] = "3"
    return answer


def _csrf_error(error: CSRFError) -> Response:
    return _answer(403, f"this request has no valid CSRF token ({error.description}); load the page again")


def _http_error(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return Response(error.get_response().get_data(), error.code or 500)
    return _answer(error.code, str(error.description))


def _bug(error: Exception) -> Response:
    _log.exception("a request failed", exc_info=error, extra={"action": "web_bug", "path": request.path})
    return _answer(500, "something went wrong in OWL's web GUI; its log says what")


def _answer(status: int, words: str) -> Response:
    title = HTTPStatus(status).phrase
    if request.path.startswith("/api/"):
        answer = jsonify(title=title, status=status, detail=words)
        answer.mimetype = "application/problem+json"
    else:
        if status == 503:  # nobody can be asked who this is
            g._login_user = AnonymousUserMixin()  # Flask-Login's own place for it
        answer = Response(
            render_template("error.html", status=status, title=title, words=words), mimetype="text/html"
        )
    answer.status_code = status
    return answer

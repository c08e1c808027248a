"""The Flask application: `create_app` puts its parts together, nothing is made when this is imported."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, request

from owl.app import App
from webgui import errors, login, words
from webgui.api import blueprint as api
from webgui.assets import STATIC, Assets
from webgui.pages import blueprints
from webgui.pages import login as login_page
from webgui.secret import secret_key
from webgui.security import Doorkeeper, parse_networks, set_headers
from webgui.services import Services, install

_BODY_LIMIT = 16 * 2**20  # bytes of a form: a paste of 100,000 names is 4 MB
_CACHED = "public, max-age=31536000, immutable"  # a file's name changes with its content


def create_app(owl_app: App, *, assets: Assets | None = None) -> Flask:
    """OWL's web GUI over these settings.

    Raises:
        InvalidSetting: an address of a trusted proxy isn't one.
        StorageError: the key that signs sessions can't be read or written.
    """
    settings = owl_app.settings
    app = Flask(__name__, static_folder=str(STATIC), static_url_path="/static")
    app.config.update(
        SECRET_KEY=secret_key(settings.state_dir),
        MAX_CONTENT_LENGTH=_BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=_BODY_LIMIT,
        SESSION_COOKIE_NAME="owl_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.web_session_hours),
    )
    app.session_interface = login.Sessions()
    app.jinja_options = {**app.jinja_options, "autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    install(app, Services(owl=owl_app, assets=assets or Assets()))
    login.set_up(app)
    login_page.set_up(app)
    errors.set_up(app)
    words.set_up(app)
    for blueprint in (*blueprints, api):
        app.register_blueprint(blueprint)
    app.after_request(_finish)
    proxies = parse_networks(settings.web_trusted_proxies)
    app.wsgi_app = Doorkeeper(app.wsgi_app, proxies, settings.web_user_header)  # type: ignore[method-assign]  # Flask's own way
    return app


def _finish(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code == 200:
        response.headers["Cache-Control"] = _CACHED
    return set_headers(response)

"""Bring a database's tables to this version's, or print what that would do."""

from __future__ import annotations

import contextlib
import io
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url

from owl.db.connect import dialect_options
from owl.db.engine import Database


def upgrade(database: Database, *, own_directory: Path | None = None) -> str:
    """Create or migrate the tables; returns the schema's version.

    `own_directory` is OWL's to make, where an SQLite file lies in it; a directory that somebody else named must be
    there.
    """
    if own_directory is not None and _lies_in(database.url, own_directory):
        own_directory.mkdir(parents=True, exist_ok=True)
    database.write(_upgrade)
    return database.read(current)


def current(connection: Connection) -> str:
    """The version that the tables are at."""
    return str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())


def sql(url: str) -> str:
    """What `upgrade` would send to a database of this URL's kind, from nothing, as text."""
    config = _config()
    parsed = make_url(url)
    config.attributes["drivername"] = parsed.drivername
    config.attributes["dialect_options"] = dialect_options(parsed.get_backend_name())
    out = io.StringIO()
    config.output_buffer = out
    with contextlib.redirect_stdout(out):
        command.upgrade(config, "head", sql=True)
    return out.getvalue()


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("owl.db") / "migrations"))
    return config


def _lies_in(url: URL, directory: Path) -> bool:
    return url.get_backend_name() == "sqlite" and Path(url.database or "").parent == directory

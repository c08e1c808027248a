"""Where the database's password comes from: URL, environment, a file, or the keyring."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.engine import URL

from owl.config import PREFIX, Settings
from owl.db.connect import parse_url
from owl.errors import InvalidSetting

VARIABLE = f"{PREFIX}DATABASE_PASSWORD"


def with_password(url: str, settings: Settings, environ: Mapping[str, str] | None = None) -> URL:
    """The URL with the password that the settings lead to; one that stands in the URL stays.

    Raises:
        InvalidSetting: the file can't be read or others can read it, or the keyring has nothing.
    """
    parsed = parse_url(url)
    if parsed.password is not None or parsed.get_backend_name() == "sqlite":
        return parsed
    environ = os.environ if environ is None else environ
    password = environ.get(VARIABLE)
    if password is None and settings.database_password_file:
        password = _of_file(Path(settings.database_password_file))
    if password is None and settings.database_keyring:
        password = _of_keyring(settings.database_keyring, parsed.username or "")
    return parsed if password is None else parsed.set(password=password)


def _of_file(path: Path) -> str:
    name = "database_password_file"
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXO | stat.S_IWGRP):
                raise InvalidSetting(
                    f"{name}: others can get at {path} (mode {stat.S_IMODE(mode):o}): chmod 600 {path}"
                )
            return file.read().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSetting(
            f"{name}: {path} can't be read: {error}; give a file that holds the password"
        ) from error


def _of_keyring(service: str, user: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise InvalidSetting(
            "database_keyring: the library keyring isn't installed: pip install 'owl-htcondor[keyring]'"
        ) from error
    try:
        found: str | None = keyring.get_password(service, user)
    except KeyringError as error:
        raise InvalidSetting(f"database_keyring: {error}; see `keyring diagnose`") from error
    if found is None:
        raise InvalidSetting(f"database_keyring: there is no password; run `keyring set {service} {user}`")
    return found

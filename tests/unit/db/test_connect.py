"""How a database is reached: URL or parts, password, encryption, drivers."""

from __future__ import annotations

import ctypes.util
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from owl.config import load_settings
from owl.db import drivers
from owl.db.connect import odbc_url
from owl.db.secret import VARIABLE, with_password
from owl.errors import InvalidSetting

SERVER = "mssql+pyodbc://owl@db.example/owl"


def settings(folder: Path, **given: Any) -> Any:
    """Settings of a directory with nothing in it."""
    return load_settings({}, directory=folder, **given)


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        ({"database_server": "db:1433", "database_user": "owl"}, "mssql+pyodbc://owl@db:1433/owl"),
        ({"database_server": "db"}, "mssql+pyodbc://db/owl?Trusted_Connection=yes"),
        (
            {
                "database_server": "db",
                "database_user": "DOM\\o l",
                "database_driver": "FreeTDS",
                "database_name": "d",
            },
            "mssql+pyodbc://DOM%5Co%20l@db/d?driver=FreeTDS",
        ),
        (
            {"database_server": "db", "database_user": "owl", "database_scheme": "postgresql+psycopg"},
            "postgresql+psycopg://owl@db/owl",
        ),
        ({"database_dsn": "OWL", "database_user": "owl"}, "mssql+pyodbc://owl@OWL"),
    ],
)
def test_a_url_is_made_of_parts(tmp_path: Path, parts: dict[str, str], url: str) -> None:
    assert settings(tmp_path, **parts).database_url == url
    assert make_url(url).username == parts.get("database_user")


def test_a_url_and_parts_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="not both"):
        settings(tmp_path, database_url=SERVER, database_server="db")


def test_the_password_comes_from_the_url_the_environment_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("of the file\n")
    file.chmod(0o600)
    found = settings(tmp_path, database_password_file=str(file))
    assert with_password(SERVER, found, {}).password == "of the file"
    assert with_password(SERVER, found, {VARIABLE: "@/:?"}).password == "@/:?"
    assert with_password("mssql+pyodbc://owl:mine@h/d", found, {VARIABLE: "x"}).password == "mine"
    assert with_password("sqlite:///x", found, {VARIABLE: "x"}).password is None


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602])
def test_a_password_that_others_can_get_at_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "password"
    file.write_text("hush")
    file.chmod(mode)
    with pytest.raises(InvalidSetting, match="chmod 600") as caught:
        with_password(SERVER, settings(tmp_path, database_password_file=str(file)), {})
    assert "hush" not in str(caught.value)


def test_a_missing_password_file_and_an_empty_keyring_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="can't be read"):
        with_password(SERVER, settings(tmp_path, database_password_file="/nowhere/x"), {})
    with pytest.raises(InvalidSetting, match="database_keyring"):
        with_password(SERVER, settings(tmp_path, database_keyring="owl-nobody-has-this"), {})


def test_the_connection_is_encrypted_unless_the_url_says_otherwise() -> None:
    query = odbc_url(make_url(f"{SERVER}?driver=ODBC+Driver+18+for+SQL+Server")).query
    assert (query["Encrypt"], query["TrustServerCertificate"], query["MultiSubnetFailover"]) == ("yes", "no", "yes")
    assert odbc_url(make_url(f"{SERVER}?driver=FreeTDS")).query["Encryption"] == "require"
    assert odbc_url(make_url(f"{SERVER}?driver=FreeTDS&encryption=off")).query["encryption"] == "off"
    assert odbc_url(make_url(f"{SERVER}?driver=x&encrypt=no")).query.get("Encrypt") is None


def test_a_data_source_or_a_connection_string_is_left_as_it_is() -> None:
    for url in ("mssql+pyodbc://owl@OWL", "mssql+pyodbc:///?odbc_connect=DSN%3Dx"):
        assert odbc_url(make_url(url)) == make_url(url)


def test_what_is_missing_of_a_driver_is_told_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    assert "unixodbc" in drivers.look(make_url(SERVER)).mend
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: "libodbc.so.2")
    monkeypatch.setattr(drivers, "odbc_drivers", lambda: ["SQLite3"])
    assert "msodbcsql18" in drivers.look(make_url(SERVER)).mend
    monkeypatch.setattr(drivers, "odbc_drivers", lambda: ["FreeTDS"])
    assert not drivers.look(make_url(SERVER)).mend
    assert "no ODBC driver ODBC" in drivers.look(make_url(f"{SERVER}?driver=ODBC+Driver+18+for+SQL+Server")).detail
    assert "pip" in drivers.look(make_url("mssql+pymssql://h/d")).mend
    assert not drivers.look(make_url("sqlite://")).mend

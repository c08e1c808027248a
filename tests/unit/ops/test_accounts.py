"""Accounts: who gets in, what changes, and that what was done is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from owl.cli import main as command_line
from owl.daemon import utc_now
from owl.db import schema
from owl.db.engine import Database
from owl.errors import DuplicateRequest, InvalidName, InvalidPassword, NotAllowed, NotFound
from owl.model import Role
from owl.ops import Accounts, Look, View
from owl.ops import accounts as module

GOOD = "correct horse battery"


@pytest.fixture
def accounts(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """Accounts of an empty database; argon2 with the least effort, so that tests are quick."""
    monkeypatch.setattr(module, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return Accounts(database=sqlite)


def test_a_password_lets_its_account_in_and_nothing_else_does(accounts: Accounts) -> None:
    accounts.create("mary", Role.OPERATOR, GOOD, by="root")
    found = accounts.check("mary", GOOD)
    assert found is not None
    assert (found.name, found.role, found.active, found.last_login is not None) == (
        "mary",
        Role.OPERATOR,
        True,
        True,
    )
    assert GOOD not in repr(found)
    assert str(found.password).startswith("$argon2id$")
    for name, password in [("mary", GOOD + "x"), ("mary", ""), ("nobody", GOOD), ("mary", "x" * 2000)]:
        assert accounts.check(name, password) is None


def test_an_account_without_a_password_or_that_is_disabled_lets_nobody_in(accounts: Accounts) -> None:
    accounts.create("proxied", Role.VIEWER, None, by="root")
    accounts.create("gone", Role.VIEWER, GOOD, by="root")
    accounts.disable("gone", by="root")
    assert accounts.check("proxied", "") is None
    assert accounts.check("gone", GOOD) is None
    accounts.enable("gone", by="root")
    assert accounts.check("gone", GOOD) is not None


def test_every_change_ends_the_sessions_that_were_open(accounts: Accounts) -> None:
    accounts.create("root", Role.ADMIN, None, by="root")
    accounts.create("mary", Role.VIEWER, GOOD, by="root")
    stamps = [accounts.get("mary").stamp]
    accounts.set_password("mary", GOOD + "2", by="mary")
    stamps.append(accounts.get("mary").stamp)
    accounts.set_role("mary", Role.ADMIN, by="root")
    stamps.append(accounts.get("mary").stamp)
    accounts.disable("mary", by="root")
    stamps.append(accounts.get("mary").stamp)
    assert len(set(stamps)) == 4
    accounts.enable("mary", by="root")
    assert accounts.get("mary").stamp == stamps[2]


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "é", "-x", "a\nb"])
def test_a_bad_name_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(InvalidName):
        accounts.create(name, Role.VIEWER, GOOD, by="root")


@pytest.mark.parametrize("password", ["short", "x" * 1025, "mary2026"])
def test_a_bad_password_is_refused(accounts: Accounts, password: str) -> None:
    with pytest.raises(InvalidPassword):
        accounts.create("mary", Role.VIEWER, password, by="root")


def test_there_is_one_account_of_a_name_and_somebody_who_is_not_there_is_told(accounts: Accounts) -> None:
    accounts.create("mary", Role.VIEWER, GOOD, by="root")
    with pytest.raises(DuplicateRequest):
        accounts.create("mary", Role.ADMIN, GOOD, by="root")
    with pytest.raises(NotFound):
        accounts.get("nobody")
    with pytest.raises(NotFound):
        accounts.set_role("nobody", Role.VIEWER, by="root")


def test_the_last_administrator_stays(accounts: Accounts) -> None:
    accounts.create("root", Role.ADMIN, None, by="root")
    with pytest.raises(NotAllowed, match="last administrator"):
        accounts.disable("root", by="root")
    with pytest.raises(NotAllowed, match="last administrator"):
        accounts.delete("root", by="root")
    with pytest.raises(NotAllowed, match="last administrator"):
        accounts.set_role("root", Role.OPERATOR, by="root")
    accounts.create("other", Role.ADMIN, None, by="root")
    accounts.delete("root", by="other")
    assert [one.name for one in accounts.list()] == ["other"]


def test_a_token_stands_for_its_account_with_the_lesser_role(accounts: Accounts) -> None:
    accounts.create("mary", Role.OPERATOR, None, by="root")
    made, text = accounts.make_token("mary", "nightly script", by="mary", role=Role.VIEWER)
    found = accounts.by_token(text)
    assert found is not None
    assert (found.name, found.role) == ("mary", Role.VIEWER)
    assert accounts.by_token(text + "x") is None
    assert accounts.by_token("owl_") is None
    [kept] = accounts.tokens("mary")
    assert kept.last_used_at is not None
    with accounts.database.engine.connect() as connection:
        [row] = connection.execute(select(schema.token))
    assert text not in str(row)
    with pytest.raises(NotAllowed):
        accounts.make_token("mary", "more than she may", by="mary", role=Role.ADMIN)
    accounts.revoke(made.id, by="root")
    assert accounts.by_token(text) is None


def test_a_token_ends_with_its_time_and_with_its_account(accounts: Accounts) -> None:
    accounts.create("mary", Role.VIEWER, None, by="root")
    made, text = accounts.make_token("mary", "x", by="mary", days=1)
    past = update(schema.token).where(schema.token.c.id == made.id)
    accounts.database.write(lambda c: c.execute(past.values(expires_at=utc_now() - timedelta(seconds=1))))
    assert accounts.by_token(text) is None
    _, other = accounts.make_token("mary", "y", by="mary", days=None)
    accounts.disable("mary", by="root")
    assert accounts.by_token(other) is None
    accounts.delete("mary", by="root")
    assert accounts.tokens() == []


def test_preferences_and_views_are_each_account_s_own(accounts: Accounts) -> None:
    for name in ("mary", "john"):
        accounts.create(name, Role.VIEWER, None, by="root")
    assert accounts.preferences("mary") == {}
    accounts.set_preferences("mary", {"theme": "dark", "rows": 100})
    assert accounts.preferences("mary") == {"theme": "dark", "rows": 100}
    with pytest.raises(InvalidName):
        accounts.set_preferences("mary", {"x": "y" * 30_000})
    accounts.save_view("mary", "monitor", "failed", "state=failed")
    accounts.save_view("mary", "monitor", "failed", "state=failed&sort=owner")
    accounts.save_view("mary", "monitor", "ours", "owner=x", shared=True)
    assert [(one.title, one.query) for one in accounts.views("mary", "monitor")] == [
        ("failed", "state=failed&sort=owner"),
        ("ours", "owner=x"),
    ]
    assert [one.title for one in accounts.views("john", "monitor")] == ["ours"]
    [shared] = accounts.views("john")
    with pytest.raises(NotFound):
        accounts.delete_view("john", shared.id)
    accounts.delete_view("mary", shared.id)
    with pytest.raises(NotFound):
        accounts.save_view("nobody", "monitor", "x", "")


def test_who_did_what_is_kept(accounts: Accounts) -> None:
    accounts.create("mary", Role.VIEWER, GOOD, by="root")
    accounts.note("mary", "login", "", result="from 127.0.0.1")
    accounts.set_role("mary", Role.OPERATOR, by="root")
    page = Look(database=accounts.database).audit(View())
    assert [(row.actor, row.verb, row.scope, row.result) for row in page.rows] == [
        ("root", "user role", "mary", "now operator"),
        ("mary", "login", "", "from 127.0.0.1"),
        ("root", "user add", "mary", "as viewer"),
    ]


def test_the_command_line_takes_passwords_from_standard_input_alone(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    monkeypatch.setenv("OWL_DATABASE_URL", accounts.database.url.render_as_string(hide_password=False))
    monkeypatch.setattr("sys.stdin", io.StringIO(GOOD + "\n"))
    assert command_line.run(["user", "add", "mary", "--role", "operator", "--stdin"]) == 0
    assert accounts.check("mary", GOOD) is not None
    assert command_line.run(["user", "password", "mary"]) == 2
    assert "--stdin" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(GOOD + "2\n"))
    assert command_line.run(["user", "password", "mary", "--stdin"]) == 0
    assert accounts.check("mary", GOOD + "2") is not None
    assert command_line.run(["user", "list"]) == 0
    assert "operator" in capsys.readouterr().out
    assert command_line.run(["token", "create", "mary", "nightly", "--role", "viewer"]) == 0
    text = capsys.readouterr().out.strip()
    assert accounts.by_token(text) is not None
    assert command_line.run(["token", "list", "--json"]) == 0
    out = capsys.readouterr().out
    assert "nightly" in out
    assert text not in out
    assert command_line.run(["token", "revoke", "1"]) == 0
    assert accounts.by_token(text) is None
    for arguments in (["role", "mary", "viewer"], ["disable", "mary"], ["enable", "mary"], ["delete", "mary"]):
        assert command_line.run(["user", *arguments]) == 0
    assert accounts.list() == []

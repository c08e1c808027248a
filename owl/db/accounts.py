"""Verbs of accounts: who may use the GUI and the API, their tokens, preferences and saved views, and the audit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from owl.db.forms import locked
from owl.db.schema import account, audit, saved_view, token
from owl.errors import DuplicateRequest, NotFound
from owl.model import Role


@dataclass(frozen=True, kw_only=True)
class Account:
    """Somebody who may log in; without a password hash only a trusted proxy's word or a token lets him in."""

    name: str
    role: Role
    created_at: datetime
    created_by: str
    password: str | None = field(default=None, repr=False)
    disabled_at: datetime | None = None
    last_login: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it hasn't been disabled."""
        return self.disabled_at is None

    @property
    def stamp(self) -> str:
        """Another one after each change of password, role or state: a session with an old one has ended."""
        whole = f"{self.name}\0{self.role}\0{self.password}\0{self.disabled_at}\0{self.created_at}"
        return hashlib.sha256(whole.encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class Token:
    """What a program shows instead of a password; its text is known to whoever was given it alone."""

    id: int
    account: str
    label: str
    role: Role
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """How somebody looks at a page: its query string, under a title."""

    id: int
    account: str
    page: str
    title: str
    query: str
    shared: bool
    created_at: datetime


_TOKEN = [column for column in token.columns if column.name != "digest"]
_ACCOUNT = [column for column in account.columns if column.name != "preferences"]


def create(connection: Connection, new: Account) -> None:
    """Insert an account; `DuplicateRequest` where there is one of that name."""
    if connection.execute(select(account.c.name).where(account.c.name == new.name)).scalar() is not None:
        raise DuplicateRequest(f"there is an account {new.name} already; `owl user list` shows all")
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    connection.execute(insert(account).values({**values, "preferences": {}}))


def get(connection: Connection, name: str) -> Account:
    """The account of that name, or `NotFound`."""
    row = connection.execute(select(*_ACCOUNT).where(account.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"there is no account {name!r}; `owl user list` shows those there are")
    return Account(**row._mapping)


def find(connection: Connection) -> Sequence[Account]:
    """Every account by name."""
    return [Account(**row._mapping) for row in connection.execute(select(*_ACCOUNT).order_by(account.c.name))]


def change(connection: Connection, name: str, values: Mapping[str, Any]) -> None:
    """Write some columns of an account."""
    connection.execute(update(account).where(account.c.name == name).values(dict(values)))


def remove(connection: Connection, name: str) -> None:
    """Take an account away with its tokens and views; the audit keeps its name."""
    connection.execute(delete(token).where(token.c.account == name))
    connection.execute(delete(saved_view).where(saved_view.c.account == name))
    connection.execute(delete(account).where(account.c.name == name))


def admins(connection: Connection) -> int:
    """How many active accounts are administrators'; they are locked, so that two don't take each other away."""
    query = select(account.c.name).where(account.c.role == Role.ADMIN, account.c.disabled_at.is_(None))
    return len(connection.execute(locked(query, account)).all())


def add_token(connection: Connection, new: Token, digest: str) -> Token:
    """Insert a token; it comes back with its number."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__ if name != "id"}
    key = connection.execute(insert(token).values({**values, "digest": digest})).inserted_primary_key
    return Token(**{**values, "id": int(key[0]) if key is not None else 0})


def token_of(connection: Connection, digest: str) -> Token | None:
    """The token whose text has that digest."""
    row = connection.execute(select(*_TOKEN).where(token.c.digest == digest)).one_or_none()
    return None if row is None else Token(**row._mapping)


def get_token(connection: Connection, token_id: int) -> Token:
    """The token of that number, or `NotFound`."""
    row = connection.execute(select(*_TOKEN).where(token.c.id == token_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no token {token_id}; `owl token list` shows those there are")
    return Token(**row._mapping)


def tokens(connection: Connection, name: str | None) -> Sequence[Token]:
    """The tokens of an account, or all; the latest first."""
    query = select(*_TOKEN).order_by(token.c.id.desc())
    if name is not None:
        query = query.where(token.c.account == name)
    return [Token(**row._mapping) for row in connection.execute(query)]


def change_token(connection: Connection, token_id: int, values: Mapping[str, Any]) -> None:
    """Write some columns of a token."""
    connection.execute(update(token).where(token.c.id == token_id).values(dict(values)))


def preferences(connection: Connection, name: str) -> Mapping[str, Any]:
    """What somebody prefers; empty for an account that isn't there."""
    found: Mapping[str, Any] | None = connection.execute(
        select(account.c.preferences).where(account.c.name == name)
    ).scalar()
    return found or {}


def views(connection: Connection, name: str, page: str | None) -> Sequence[SavedView]:
    """Somebody's views of a page (or of all), and those that others share."""
    mine = or_(saved_view.c.account == name, saved_view.c.shared == 1)
    query = select(saved_view).where(mine).order_by(saved_view.c.page, saved_view.c.title, saved_view.c.id)
    if page is not None:
        query = query.where(saved_view.c.page == page)
    return [_view(row) for row in connection.execute(query)]


def save_view(connection: Connection, new: SavedView) -> SavedView:
    """Keep a view; one of the same account, page and title is replaced."""
    same = (saved_view.c.account == new.account) & (saved_view.c.page == new.page)
    connection.execute(delete(saved_view).where(same, saved_view.c.title == new.title))
    values = {name: getattr(new, name) for name in new.__dataclass_fields__ if name != "id"}
    key = connection.execute(insert(saved_view).values({**values, "shared": int(new.shared)})).inserted_primary_key
    return SavedView(**{**values, "id": int(key[0]) if key is not None else 0})


def count_views(connection: Connection, name: str) -> int:
    """How many views somebody has."""
    query = select(func.count()).select_from(saved_view).where(saved_view.c.account == name)
    return int(connection.execute(query).scalar_one())


def delete_view(connection: Connection, name: str, view_id: int) -> bool:
    """Take a view of somebody's away; False where it isn't his or isn't there."""
    mine = (saved_view.c.account == name) & (saved_view.c.id == view_id)
    return bool(connection.execute(delete(saved_view).where(mine)).rowcount)


def note(
    connection: Connection, *, actor: str, verb: str, scope: str, reason: str, result: str, now: datetime
) -> None:
    """Keep who did what, when and why."""
    values = {"at": now, "actor": actor, "verb": verb, "scope": scope, "reason": reason, "result": result}
    connection.execute(insert(audit).values(values))


def _view(row: Row[Any]) -> SavedView:
    return SavedView(**{**row._mapping, "shared": bool(row.shared)})

"""Accounts as administrators see and change them; who does it says his own password again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from owl.errors import InvalidSetting
from owl.ops import Account, Role, Token
from webgui.api.registry import Registry
from webgui.guard import confirm
from webgui.login import me
from webgui.services import services

TAG = "accounts"


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """An account as administrators see it; without a password a proxy's word or a token lets it in."""

    name: str
    role: Role
    active: bool
    has_password: bool
    created_at: datetime
    created_by: str
    last_login: datetime | None


@dataclass(frozen=True, kw_only=True)
class NewUser:
    """An account; `confirm` is the password of who makes it."""

    name: str
    role: Role = Role.VIEWER
    password: str | None = None
    confirm: str = ""


@dataclass(frozen=True, kw_only=True)
class UserChange:
    """What is to become of an account; `confirm` is the password of who changes it."""

    verb: Literal["role", "password", "disable", "enable", "delete"]
    role: Role | None = None
    password: str | None = None
    confirm: str = ""


def users() -> Sequence[AccountRow]:
    """Every account."""
    return [_row(one) for one in services().ops.accounts.list()]


def create_user(body: NewUser) -> AccountRow:
    """Make an account."""
    confirm(body.confirm)
    made = services().ops.accounts.create(body.name.strip(), body.role, body.password or None, by=me())
    return _row(made)


def change_user(name: str, body: UserChange) -> Sequence[AccountRow]:
    """Give an account another role or password, let it in or not, or take it away; answers those there are then."""
    confirm(body.confirm)
    _CHANGES[body.verb](name, body)
    return users()


def all_tokens() -> Sequence[Token]:
    """Everybody's tokens, the latest first; their texts are kept nowhere."""
    return services().ops.accounts.tokens()


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/users", tag=TAG, role=Role.ADMIN)(users)
    api.post("/users", tag=TAG, role=Role.ADMIN)(create_user)
    api.post("/users/{name}", tag=TAG, role=Role.ADMIN)(change_user)
    api.get("/tokens", tag=TAG, role=Role.ADMIN)(all_tokens)


def _role(name: str, body: UserChange) -> None:
    if body.role is None:
        raise InvalidSetting("role: give viewer, operator or admin")
    services().ops.accounts.set_role(name, body.role, by=me())


def _password(name: str, body: UserChange) -> None:
    if body.password is None:
        raise InvalidSetting("password: give the new one")
    services().ops.accounts.set_password(name, body.password, by=me())


_CHANGES: Mapping[str, Callable[[str, UserChange], None]] = {
    "role": _role,
    "password": _password,
    "disable": lambda name, _body: services().ops.accounts.disable(name, by=me()),
    "enable": lambda name, _body: services().ops.accounts.enable(name, by=me()),
    "delete": lambda name, _body: services().ops.accounts.delete(name, by=me()),
}


def _row(one: Account) -> AccountRow:
    names = [name for name in AccountRow.__dataclass_fields__ if name != "has_password"]
    return AccountRow(has_password=one.password is not None, **{name: getattr(one, name) for name in names})

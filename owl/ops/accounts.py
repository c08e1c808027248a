"""Accounts as the GUI, the API and `owl user` use them: passwords, roles, tokens, preferences, saved views."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import accounts
from owl.db.accounts import Account, SavedView, Token
from owl.db.engine import Database
from owl.errors import InvalidName, InvalidPassword, NotAllowed, NotFound
from owl.model import Role

SHORTEST, LONGEST = 12, 1024  # characters of a password
MARK = "owl_"  # a token begins with it, so that it is recognised in a log or a repository
MOST_VIEWS = 200
MOST_PREFERENCES = 20_000  # characters as JSON

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}", re.ASCII)
_PAGE = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_SEEN_AGAIN = timedelta(minutes=1)  # a token's last use is written no more often than this


@dataclass(frozen=True, kw_only=True)
class Accounts:
    """Calls for people and programs; each raises an `OwlError` that says what to do."""

    database: Database

    def check(self, name: str, password: str) -> Account | None:
        """The active account of that name and password; it takes as long where there is none."""
        try:
            found = self.get(name)
        except NotFound:
            found = None
        known = found.password if found is not None else None
        good = len(password) <= LONGEST and _matches(known or _no_ones(), password)
        if found is None or known is None or not good or not found.active:
            return None
        values: dict[str, Any] = {"last_login": utc_now()}
        if _hasher().check_needs_rehash(known):
            values["password"] = _hasher().hash(password)
        self.database.write(accounts.change, name, values)
        return self.get(name)

    def get(self, name: str) -> Account:
        """The account of that name, or `NotFound`."""
        return self.database.read(accounts.get, name)

    def list(self) -> Sequence[Account]:
        """Every account by name."""
        return self.database.read(accounts.find)

    def create(self, name: str, role: Role, password: str | None, *, by: str) -> Account:
        """Make an account; without a password only a trusted proxy's word or a token lets it in.

        Raises:
            InvalidName, InvalidPassword: it isn't good enough.
            DuplicateRequest: there is one of that name.
        """
        if not _NAME.fullmatch(name):
            raise InvalidName(
                f"the account name {name[:80]!r} isn't valid: use letters, digits and _ . @ + - only, "
                "64 at most, and begin with a letter, a digit or _"
            )
        hashed = None if password is None else _hashed(name, password)
        new = Account(name=name, role=role, password=hashed, created_at=utc_now(), created_by=by)
        self._write(lambda connection: accounts.create(connection, new), by, "user add", name, f"as {role}")
        return self.get(name)

    def set_password(self, name: str, password: str, *, by: str) -> None:
        """Give an account another password; its sessions end."""
        self.get(name)
        hashed = _hashed(name, password)
        self._change(name, {"password": hashed}, by, "user password", "")

    def set_role(self, name: str, role: Role, *, by: str) -> None:
        """Give an account another role; `NotAllowed` where nobody would be an administrator any more."""
        self._change(name, {"role": role}, by, "user role", f"now {role}", leaves_admin=role is not Role.ADMIN)

    def disable(self, name: str, *, by: str) -> None:
        """Let nobody in under this name; its sessions and tokens end."""
        self._change(name, {"disabled_at": utc_now()}, by, "user disable", "", leaves_admin=True)

    def enable(self, name: str, *, by: str) -> None:
        """Let a disabled account in again."""
        self._change(name, {"disabled_at": None}, by, "user enable", "")

    def delete(self, name: str, *, by: str) -> None:
        """Take an account away with its tokens and views; the audit keeps what it did."""

        def work(connection: Connection) -> None:
            self._keep_an_admin(connection, accounts.get(connection, name))
            accounts.remove(connection, name)

        self._write(work, by, "user delete", name, "")

    def by_token(self, text: str) -> Account | None:
        """The active account that a valid token stands for, with the lesser of both roles."""
        if not text.startswith(MARK):
            return None
        found = self.database.read(accounts.token_of, _digest(text))
        now = utc_now()
        if found is None or not found.valid(now):
            return None
        owner = self.get(found.account)
        if not owner.active:
            return None
        if found.last_used_at is None or now - found.last_used_at > _SEEN_AGAIN:
            self.database.write(accounts.change_token, found.id, {"last_used_at": now})
        return dataclasses.replace(owner, role=found.role) if owner.role.includes(found.role) else owner

    def tokens(self, name: str | None = None) -> Sequence[Token]:
        """The tokens of an account, or all; the latest first."""
        return self.database.read(accounts.tokens, name)

    def make_token(
        self, name: str, label: str, *, by: str, role: Role | None = None, days: int | None = 90
    ) -> tuple[Token, str]:
        """Make a token; its text is told this once. Without `days` it doesn't expire."""
        owner = self.get(name)
        wanted = role or owner.role
        if not owner.role.includes(wanted):
            raise NotAllowed(f"{name} is {owner.role}: a token of his can't be {wanted}")
        if not label.strip() or len(label) > 200 or not label.isprintable():
            raise InvalidName("a token needs a label of 1 to 200 printable characters: what uses it")
        now, text = utc_now(), MARK + secrets.token_urlsafe(32)
        new = Token(
            id=0,
            account=name,
            label=label.strip(),
            role=wanted,
            created_at=now,
            created_by=by,
            expires_at=None if days is None else now + timedelta(days=days),
        )

        def work(connection: Connection) -> Token:
            made = accounts.add_token(connection, new, _digest(text))
            result = f"token {made.id}, {wanted}: {new.label}"
            accounts.note(connection, actor=by, verb="token create", scope=name, reason="", result=result, now=now)
            return made

        return self.database.write(work), text

    def revoke(self, token_id: int, *, by: str) -> Token:
        """End a token, or `NotFound`."""
        found = self.database.read(accounts.get_token, token_id)
        values = {"revoked_at": found.revoked_at or utc_now()}
        self._write(
            lambda connection: accounts.change_token(connection, token_id, values),
            by,
            "token revoke",
            found.account,
            f"token {token_id}",
        )
        return self.database.read(accounts.get_token, token_id)

    def preferences(self, name: str) -> Mapping[str, Any]:
        """What somebody prefers; empty where nothing is kept."""
        return self.database.read(accounts.preferences, name)

    def set_preferences(self, name: str, wanted: Mapping[str, Any]) -> None:
        """Keep what somebody prefers, instead of what was kept; `InvalidName` where it is too much."""
        if len(json.dumps(dict(wanted))) > MOST_PREFERENCES:
            raise InvalidName(f"preferences take {MOST_PREFERENCES} characters at most; keep fewer")
        self.get(name)
        self.database.write(accounts.change, name, {"preferences": dict(wanted)})

    def views(self, name: str, page: str | None = None) -> Sequence[SavedView]:
        """Somebody's saved views of a page, and those that others share."""
        return self.database.read(accounts.views, name, page)

    def save_view(self, name: str, page: str, title: str, query: str, *, shared: bool = False) -> SavedView:
        """Keep a view; one of the same page and title is replaced."""
        self.get(name)
        if not _PAGE.fullmatch(page) or len(query) > 4000:
            raise InvalidName("a view needs a page's name and a query of 4,000 characters at most")
        if not title.strip() or len(title) > 200 or not title.isprintable():
            raise InvalidName("a view needs a title of 1 to 200 printable characters")
        new = SavedView(
            id=0, account=name, page=page, title=title.strip(), query=query, shared=shared, created_at=utc_now()
        )

        def work(connection: Connection) -> SavedView:
            if accounts.count_views(connection, name) >= MOST_VIEWS:
                raise NotAllowed(f"{name} has {MOST_VIEWS} views already; delete one")
            return accounts.save_view(connection, new)

        return self.database.write(work)

    def delete_view(self, name: str, view_id: int) -> None:
        """Take a view of one's own away, or `NotFound`."""
        if not self.database.write(accounts.delete_view, name, view_id):
            raise NotFound(f"{name} has no view {view_id}")

    def note(self, by: str, verb: str, scope: str, reason: str = "", result: str = "") -> None:
        """Keep what somebody did that is no command: a login, a change in the GUI."""
        self._write(_nothing, by[:200], verb[:40], scope[:200], result, reason=reason)

    def _change(
        self, name: str, values: Mapping[str, Any], by: str, verb: str, result: str, *, leaves_admin: bool = False
    ) -> None:
        def work(connection: Connection) -> None:
            found = accounts.get(connection, name)
            if leaves_admin:
                self._keep_an_admin(connection, found)
            accounts.change(connection, name, values)

        self._write(work, by, verb, name, result)

    @staticmethod
    def _keep_an_admin(connection: Connection, going: Account) -> None:
        if going.role is Role.ADMIN and going.active and accounts.admins(connection) < 2:
            raise NotAllowed(f"{going.name} is the last administrator; make another one first")

    def _write(
        self,
        work: Callable[[Connection], None],
        by: str,
        verb: str,
        scope: str,
        result: str,
        *,
        reason: str = "",
    ) -> None:
        """Do something, and keep who did it, in one transaction."""

        def both(connection: Connection) -> None:
            work(connection)
            accounts.note(connection, actor=by, verb=verb, scope=scope, reason=reason, result=result, now=utc_now())

        self.database.write(both)


def _nothing(_connection: Connection) -> None:
    """What is to be kept has happened elsewhere."""


@cache
def _hasher() -> PasswordHasher:
    """argon2id with RFC 9106's second recommended choice: 64 MiB, 3 passes (argon2-cffi's default)."""
    return PasswordHasher()


@cache
def _no_ones() -> str:
    """The hash of a password that nobody knows: unknown names take as long as known ones."""
    return _hasher().hash(secrets.token_urlsafe(32))


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _hashed(name: str, password: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidPassword(f"the password has {len(password)} characters; give {SHORTEST} to {LONGEST}")
    if name.casefold() in password.casefold() and len(password) < len(name) + SHORTEST:
        raise InvalidPassword("the password is little more than the account's name; choose another")
    return _hasher().hash(password)


def _digest(text: str) -> str:
    # A token has 256 random bits: nothing slower than SHA-256 is needed to keep it.
    return hashlib.sha256(text.encode()).hexdigest()

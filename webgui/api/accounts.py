"""Who one is, what one prefers, saved views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from owl.errors import NotAllowed, NotFound
from owl.ops import AuditRow, Role, SavedView, Token, View
from webgui.api.registry import Registry
from webgui.api.rows import Rows, of_page
from webgui.guard import confirm
from webgui.login import me, user
from webgui.preferences import changed
from webgui.services import services
from webgui.tables import AUDIT

TAG = "accounts"


@dataclass(frozen=True, kw_only=True)
class Me:
    """Who is asking."""

    name: str
    role: Role


def whoami() -> Me:
    """The account that asks, and its role."""
    return Me(name=me(), role=user().role)


def set_preferences(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Change some of one's own preferences; answers all of them."""
    return changed(me(), body).plain()


@dataclass(frozen=True, kw_only=True)
class NewView:
    """What a table shows, under a title; `query` is its page's query string."""

    page: str
    title: str
    query: str
    shared: bool = False


@dataclass(frozen=True, kw_only=True)
class NewToken:
    """A token for a script; without `days` it doesn't expire, without a role it has its owner's."""

    label: str
    role: Role | None = None
    days: int | None = 90


@dataclass(frozen=True, kw_only=True)
class MadeToken:
    """A token and its text, which is told this once."""

    token: Token
    text: str


@dataclass(frozen=True, kw_only=True)
class Passwords:
    """One's own password, and the one that it is to be."""

    old: str
    new: str


def views(page: str) -> Sequence[SavedView]:
    """One's own saved views of a page, and those that others share."""
    return services().ops.accounts.views(me(), page)


def save_view(body: NewView) -> SavedView:
    """Keep a view; one of the same page and title is replaced."""
    return services().ops.accounts.save_view(me(), body.page, body.title, body.query, shared=body.shared)


def delete_view(number: int) -> None:
    """Take one of one's own views away."""
    services().ops.accounts.delete_view(me(), number)


def tokens() -> Sequence[Token]:
    """One's own tokens, the latest first; their texts are kept nowhere."""
    return services().ops.accounts.tokens(me())


def make_token(body: NewToken) -> MadeToken:
    """Make a token for a script: it may what its role may, and no more than its owner."""
    token, text = services().ops.accounts.make_token(me(), body.label, by=me(), role=body.role, days=body.days)
    return MadeToken(token=token, text=text)


def revoke_token(number: int) -> Token:
    """End one of one's own tokens; an administrator any."""
    accounts = services().ops.accounts
    if not user().may(Role.ADMIN) and number not in [one.id for one in accounts.tokens(me())]:
        raise NotFound(f"{me()} has no token {number}")
    return accounts.revoke(number, by=me())


def set_password(body: Passwords) -> None:
    """Give oneself another password; every session of this account ends."""
    if user().account.password is None:
        raise NotAllowed(f"{me()} has no password: whoever vouches for this account knows how it gets in")
    confirm(body.old, token=False)
    services().ops.accounts.set_password(me(), body.new, by=me())


def audit(view: View) -> Rows[AuditRow]:
    """Logins, and every change that is no command: who, when, what."""
    found = services().ops.look.audit(view)
    return of_page(found, found.rows)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/me", tag=TAG)(whoami)
    api.post("/me/preferences", tag=TAG, role=Role.VIEWER)(set_preferences)
    api.get("/me/views", tag=TAG)(views)
    api.post("/me/views", tag=TAG, role=Role.VIEWER)(save_view)
    api.delete("/me/views/{number}", tag=TAG, role=Role.VIEWER)(delete_view)
    api.get("/me/tokens", tag=TAG)(tokens)
    api.post("/me/tokens", tag=TAG, role=Role.VIEWER)(make_token)
    api.delete("/tokens/{number}", tag=TAG, role=Role.VIEWER)(revoke_token)
    api.post("/me/password", tag=TAG, role=Role.VIEWER)(set_password)
    api.get("/audit", tag=TAG, role=Role.ADMIN, table=AUDIT)(audit)

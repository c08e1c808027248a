"""What keeps guessers out: failed logins are counted, and who changes accounts says his own password again."""

from __future__ import annotations

import limits
from flask import abort, g
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from owl.errors import NotAllowed
from webgui.login import user
from webgui.services import services

limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def login_limit() -> str:
    """How many failed logins there may be."""
    return f"{services().settings.web_login_limit} per minute"


def confirm(password: str, *, token: bool = True) -> None:
    """Let only him go on who knows the password of the account that asks: an open session alone isn't enough.

    A `token` is a secret of its own, and an account without a password is its proxy's affair: both go on.

    Raises:
        NotAllowed: it isn't that password; 429 where it was guessed too often.
    """
    account = user().account
    if account.password is None or (token and g.get("by_token")):
        return
    most, key = limits.parse(login_limit()), f"confirm:{account.name}"
    if not limiter.limiter.test(most, key):
        abort(429, "too many wrong passwords; wait a minute")
    if services().ops.accounts.check(account.name, password) is None:
        limiter.limiter.hit(most, key)
        services().ops.accounts.note(account.name, "confirm", account.name, result="refused")
        raise NotAllowed("your own password isn't right: nothing was changed")

"""Who one is, what one prefers, saved views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from owl.ops import Role
from webgui.api.registry import Registry
from webgui.login import me, user
from webgui.preferences import changed

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


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/me", tag=TAG)(whoami)
    api.post("/me/preferences", tag=TAG, role=Role.VIEWER)(set_preferences)

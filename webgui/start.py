"""What a page's script begins with, as one data block in the page."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_wtf.csrf import generate_csrf

from owl import __version__
from webgui.login import user
from webgui.preferences import of_user
from webgui.tables import Table


def start(page: str, *, table: Table | None = None, **more: Any) -> dict[str, Any]:
    """The page's name, who looks at it, the preferences and, for a table, its columns."""
    who = user()
    return {
        "page": page,
        "root": request.script_root,
        "csrf": generate_csrf(),
        "version": __version__,
        "user": {"name": who.name, "role": who.role.value},
        "preferences": of_user(who.name).plain(),
        "table": table.plain() if table is not None else None,
        **more,
    }

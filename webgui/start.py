"""What a page's script begins with, as one data block in the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import request
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict

from owl import __version__
from owl.errors import UserError
from owl.ops import View
from webgui.api.registry import adapter
from webgui.login import user
from webgui.preferences import ROWS, of_user
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


def first_page(table: Table, kind: Any, read: Callable[[View], Any]) -> Any:
    """The rows that the page's address asks for, as the API gives them; None where it asks for what there isn't.

    They stand in the page, so that its script needs no second request; where this is None it asks, and says why.
    """
    wanted = MultiDict(request.args)
    rows = wanted.get("rows", "")
    limit = int(rows) if rows in map(str, ROWS) else of_user(user().name).rows
    number = wanted.get("page", "")
    page = int(number) if number.isascii() and number.isdecimal() and 0 < len(number) < 8 else 1
    wanted["limit"], wanted["offset"] = str(limit), str((page - 1) * limit)
    try:
        found = read(table.view(wanted))
    except UserError:
        return None
    return json.loads(adapter(kind).dump_json(found))

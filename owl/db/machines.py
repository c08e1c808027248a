"""Verbs of machines: what operators wanted of each last."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from owl.db import commands
from owl.db.schema import command, command_target
from owl.intent import Command, Verb


def last_commands(connection: Connection, *, limit: int = 500) -> Mapping[str, Command]:
    """The latest drain or undrain of each machine, by its name; of the last `limit` of them."""
    query = (
        select(command_target.c.name, command.c.id)
        .join(command, command.c.id == command_target.c.command_id)
        .where(command.c.verb.in_([str(Verb.DRAIN), str(Verb.UNDRAIN)]))
        .order_by(command.c.id.desc())
        .limit(limit)
    )
    latest: dict[str, int] = {}
    for row in connection.execute(query):
        latest.setdefault(row.name, row.id)
    found = commands.of(connection, latest.values())
    return {name: found[number] for name, number in latest.items()}

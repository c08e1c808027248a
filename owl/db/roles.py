"""Roles of the database with no more rights than each kind of account needs, as statements for the DBA.

The owner of the tables (who runs `owl db upgrade`) needs none of them. A login becomes a member of the role whose
part it plays. Everybody may read what isn't secret; writing is listed table by table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Table

from owl.db.connect import parse_url
from owl.db.schema import metadata
from owl.errors import InvalidSetting

_WRITE = ("INSERT", "UPDATE")
_ALL = ("INSERT", "UPDATE", "DELETE")
_CHANGE = ("UPDATE",)
_ADD = ("INSERT",)

# Role → table → rights beside SELECT.
ROLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "owl_reader": {},
    # `owl shoveler run`: claims, runs, submissions; its breaker pauses and tells.
    "owl_shoveler": {
        "dpq": _CHANGE,
        "run": _WRITE,
        "submission": _WRITE,
        "bundle": _WRITE,
        "campaign": _CHANGE,
        "turn": _CHANGE,
        "daemon": _WRITE,
        "pause": _ALL,
        "command": _WRITE,
        "command_target": _WRITE,
        "alert": _WRITE,
    },
    # `owl owld run`: the blackboard, what becomes of runs, and of commands.
    "owl_owld": {
        "blackboard": _ALL,
        "failure": _ADD,
        "dpq": _CHANGE,
        "run": _CHANGE,
        "submission": _CHANGE,
        "campaign": _CHANGE,
        "bundle": _CHANGE,
        "turn": _CHANGE,
        "daemon": _WRITE,
        "command": _CHANGE,
        "command_target": _WRITE,
        "alert": _WRITE,
    },
    # `owl rescue-server`: readies failed runs of its account and lets their entries wait again.
    "owl_rescue": {
        "dpq": _CHANGE,
        "run": _CHANGE,
        "turn": _CHANGE,
        "daemon": _WRITE,
        "command": _WRITE,  # retry policies ask for rescues and removals
        "command_target": _WRITE,
    },
    # The web GUI, and operators at the command line: requests and intent, never what HTCondor said.
    "owl_gui": {
        "dpq": _WRITE,
        "campaign": _WRITE,
        "command": _WRITE,
        "command_target": _WRITE,
        "turn": _CHANGE,
        "knob": _ALL,
        "pause": _ALL,
        "alert": _CHANGE,
        "poller": _CHANGE,
        "poller_event": _CHANGE,
        "association": _WRITE,
        "association_member": _ALL,
        "account": _ALL,
        "token": _ALL,
        "saved_view": _ALL,
        "audit": _ADD,
    },
    # `owl poller run`: files that came, requests for them, associations that they complete.
    "owl_poller": {
        "dpq": _WRITE,
        "poller": _WRITE,
        "poller_event": _WRITE,
        "association": _WRITE,
        "association_member": _ALL,
        "daemon": _WRITE,
    },
}
# What only the named roles may read: passwords' and tokens' digests, and who did what.
SECRET: Mapping[str, frozenset[str]] = {
    name: frozenset({"owl_gui"}) for name in ("account", "token", "saved_view", "audit")
}


def sql(url: str) -> str:
    """The statements that make the roles and give them their rights, for the kind of database that the URL names.

    Raises:
        InvalidSetting: SQLite has no accounts.
    """
    server = parse_url(url).get_backend_name()
    if server not in ("mssql", "postgresql"):
        raise InvalidSetting(f"{server} has no roles; set database_url to a SQL Server or PostgreSQL database")
    lines = [
        "-- Roles of OWL. Run it after `owl db upgrade`, as the owner of the tables; it may be repeated.",
        "-- Then make each account a member: "
        + (
            "ALTER ROLE owl_reader ADD MEMBER [DOMAIN\\alice];"
            if server == "mssql"
            else "GRANT owl_reader TO alice;"
        ),
    ]
    for role, rights in ROLES.items():
        lines += ["", *_made(role, server), *_granted(role, rights, server)]
    return "\n".join(lines)


def _made(role: str, server: str) -> Iterator[str]:
    if server == "mssql":
        yield f"IF DATABASE_PRINCIPAL_ID('{role}') IS NULL CREATE ROLE {role};"
        return
    yield f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
    yield f"GRANT USAGE ON SCHEMA public TO {role};"


def _granted(role: str, rights: Mapping[str, tuple[str, ...]], server: str) -> Iterator[str]:
    tables = [table for table in metadata.sorted_tables if role in SECRET.get(table.name, {role})]
    for table in tables:
        yield f"GRANT {', '.join(('SELECT', *rights.get(table.name, ())))} ON {table.name} TO {role};"
        if server == "postgresql" and "INSERT" in rights.get(table.name, ()) and _counts(table):
            yield f"GRANT USAGE ON SEQUENCE {table.name}_id_seq TO {role};"
    yield f"GRANT SELECT ON alembic_version TO {role};"


def _counts(table: Table) -> bool:
    return table.autoincrement_column is not None and "id" in table.columns

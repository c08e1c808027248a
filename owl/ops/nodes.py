"""Machines that are taken out and taken back in, by the owld of any submit host."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from owl.daemon import utc_now
from owl.db import commands, daemons, machines
from owl.db.engine import Database
from owl.errors import InvalidName, NotFound
from owl.intent import Command, CommandState, Target, TargetKind, Verb
from owl.ops.commands import check_texts
from owl.ops.failures import bad_nodes
from owl.ops.waiting import alive_beside

_MACHINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A machine of the pool. `drained`: it takes no more jobs, or None where no owld has told of that.

    `failed` and `started` are of the last 24 hours where that many failed that it looks bad, else None. `last` is
    what operators wanted of it last.
    """

    name: str
    slots: int
    busy: int
    drained: bool | None
    failed: int | None = None
    started: int | None = None
    last: Command | None = None


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """Calls for people and programs; each raises an `OwlError` that says what to do."""

    database: Database

    def list(self) -> Sequence[Machine]:
        """The machines of the pool, as the owld that spoke last has seen them, by name."""
        return self.database.read(_machines)

    def drain(self, machine: str, *, requested_by: str, reason: str = "") -> Command:
        """Ask that a machine takes no more jobs; HTCondor's condor_drain says what becomes of those there."""
        return self._request(Verb.DRAIN, machine, requested_by, reason)

    def undrain(self, machine: str, *, requested_by: str, reason: str = "") -> Command:
        """Ask that a drained machine takes jobs again."""
        return self._request(Verb.UNDRAIN, machine, requested_by, reason)

    def _request(self, verb: Verb, machine: str, requested_by: str, reason: str) -> Command:
        check_texts(requested_by, reason)
        if not _MACHINE.fullmatch(machine):
            raise InvalidName(f"{ascii(machine)[:80]} can't be a machine's name")

        def write(connection: Connection) -> Command:
            target = Target(
                command_id=0,
                id=0,
                kind=TargetKind.NODE,
                name=machine,
                schedd=_schedd(connection),
                state=CommandState.QUEUED,
            )
            number = commands.request(
                connection,
                verb,
                [target],
                requested_by=requested_by,
                now=utc_now(),
                reason=reason,
                words=f"machine {machine}",
            )
            return commands.get(connection, number)

        return self.database.write(write)


def _machines(connection: Connection) -> Sequence[Machine]:
    known = [one for one in daemons.find(connection) if isinstance(one.facts.get("machines"), Mapping)]
    if not known:
        return []
    facts = max(known, key=lambda one: one.heartbeat).facts
    wanted, bad = machines.last_commands(connection), {one.host: one for one in bad_nodes(connection)}
    drained = facts.get("drained")
    return [
        Machine(
            name=name,
            slots=slots,
            busy=busy,
            drained=None if drained is None else name in drained,
            failed=bad[name].failed if name in bad else None,
            started=bad[name].started if name in bad else None,
            last=wanted.get(name),
        )
        for name, (slots, busy) in sorted(facts["machines"].items())
    ]


def _schedd(connection: Connection) -> str:
    """The schedd of an owld that is alive: any can speak to any machine of the pool."""
    for name, schedd in alive_beside(connection):
        if name == "owld" and schedd:
            return schedd
    raise NotFound("no owld runs that could ask for it; start one (`owl owld run`)")

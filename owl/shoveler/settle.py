"""Claims whose outcome isn't known: this shoveler's own, and those of shovelers that are dead."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from owl.condor.load import NamedSchedd
from owl.condor.schedd import Schedd
from owl.condor.submit import Submitted
from owl.daemon import utc_now
from owl.db import bundles, dpq, runs
from owl.db.engine import Database
from owl.errors import ScheddAway
from owl.model import Daemon, Submission
from owl.shoveler.bundles import BundleCourier
from owl.shoveler.deliver import Courier, Trouble
from owl.shoveler.lease import Watch

_log = logging.getLogger(__name__)

# A commit that a killed shoveler sent may still lie in the schedd's socket when the next one asks for it.
SETTLE = 3.0
_FOREIGN_AT_A_TIME = 20


@dataclass
class Settler:
    """Brings claims through. `schedd` is this host's own."""

    database: Database
    schedd: Schedd
    courier: Courier
    bundles: BundleCourier
    host: str
    find_schedd: Callable[[str], Schedd] = NamedSchedd
    _watch: Watch = field(default_factory=Watch)

    @property
    def identity(self) -> str:
        """Who settles."""
        return self.courier.identity

    def step(self, claims: Sequence[Submission], shovelers: Sequence[Daemon], clock: float) -> bool:
        """Look at every claim once, those of a bundle together; returns whether one moved."""
        self._watch.look(shovelers, clock)
        units = bundles.together(claims)
        moved = [self._own(unit, clock) for unit in units if unit[0].claimed_by == self.identity]
        foreign = [unit for unit in units if unit[0].claimed_by != self.identity]
        orphans = [unit for unit in foreign if self._watch.dead(unit[0].claimed_by, clock)]
        moved += [self._foreign(unit) for unit in orphans[:_FOREIGN_AT_A_TIME]]
        return any(moved)

    def _own(self, unit: Sequence[Submission], clock: float) -> bool:
        trouble = self.courier.trouble.setdefault(_name(unit), Trouble())
        if trouble.not_before is not None and clock < trouble.not_before:
            return False
        trouble.since = clock if trouble.since is None else trouble.since
        if self._found(unit, self.schedd):
            return True
        if clock - trouble.since < SETTLE:
            return False
        claim = unit[0]
        if claim.bundle_id is not None:
            self.bundles.redeliver(claim.bundle_id)
        else:
            self.courier.deliver(self.database.read(runs.get, claim.run_id), claim.number)
        return True

    def _foreign(self, unit: Sequence[Submission]) -> bool:
        """A dead shoveler's claim: only the schedd that it was made for knows what became of it."""
        claim = unit[0]
        schedd = self._schedd_of(claim)
        if schedd is None:
            return self._stays(unit, "nobody knows which schedd it was made for")
        try:
            if self._found(unit, schedd):
                return True
        except ScheddAway as error:
            return self._stays(unit, f"its schedd {claim.schedd} can't be asked: {error}")
        taken = self._take_over(claim)
        if taken:
            _log.warning(
                "taken over from %s, which is dead",
                claim.claimed_by,
                extra={"action": "claim_taken_over", "unit": _name(unit)},
            )
        return taken

    def _take_over(self, claim: Submission) -> bool:
        name, now = self.schedd.name, utc_now()
        if claim.bundle_id is None:
            return self.database.write(runs.take_over, claim, self.identity, name, now=now)
        dead = claim.claimed_by
        return self.database.write(bundles.take_over, claim.bundle_id, dead, self.identity, name, now=now)

    def _schedd_of(self, claim: Submission) -> Schedd | None:
        if claim.schedd is None:  # claimed before claims carried it: the host's own schedd was meant
            return self.schedd if claim.claimed_by.partition("@")[2] == self.host else None
        return self.schedd if claim.schedd == self.schedd.name else self.find_schedd(claim.schedd)

    def _found(self, unit: Sequence[Submission], schedd: Schedd) -> bool:
        claim = unit[0]
        # A clock that was set back would end the search of the history too early.
        since = claim.claimed_at if claim.claimed_at <= utc_now() else None
        if claim.bundle_id is not None:
            found = schedd.find_bundle(claim.bundle_id, since=since)
        else:
            found = schedd.find_submission(claim.run_id, claim.number, since=since)
        self.courier.faults.passing("settling")
        if found is None:
            return False
        taken = Submitted(schedd=schedd.name, cluster=int(found["clusterid"]))
        self.courier.taken(_name(unit), [one.run_id for one in unit], taken, claim.number)
        self.courier.faults.passing("settled")
        return True

    def _stays(self, unit: Sequence[Submission], why: str) -> bool:
        words = f"its shoveler {unit[0].claimed_by} is dead, and {why}"
        for claim in unit:
            run = self.database.read(runs.get, claim.run_id)
            if self.database.read(dpq.get, run.entry_id).error != words:
                self.database.write(dpq.note, run.entry_id, words)
                _log.error("%s", words, extra={"action": "claim_stays", "run_id": claim.run_id})
        return False


def _name(unit: Sequence[Submission]) -> str:
    """By what a claim's troubles are kept."""
    return unit[0].bundle_id or unit[0].run_id

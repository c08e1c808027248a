"""Claims whose outcome isn't known: this shoveler's own, and those of shovelers that are dead."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from owl.condor.load import NamedSchedd
from owl.condor.schedd import Schedd
from owl.condor.submit import Submitted
from owl.daemon import utc_now
from owl.db import dpq, runs
from owl.db.engine import Database
from owl.errors import ScheddAway
from owl.model import Daemon, Submission
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
    host: str
    find_schedd: Callable[[str], Schedd] = NamedSchedd
    _watch: Watch = field(default_factory=Watch)

    @property
    def identity(self) -> str:
        """Who settles."""
        return self.courier.identity

    def step(self, claims: Sequence[Submission], shovelers: Sequence[Daemon], clock: float) -> bool:
        """Look at every claim once; returns whether one moved."""
        self._watch.look(shovelers, clock)
        moved = [self._own(claim, clock) for claim in claims if claim.claimed_by == self.identity]
        orphans = [c for c in claims if c.claimed_by != self.identity and self._watch.dead(c.claimed_by, clock)]
        moved += [self._foreign(claim) for claim in orphans[:_FOREIGN_AT_A_TIME]]
        return any(moved)

    def _own(self, claim: Submission, clock: float) -> bool:
        trouble = self.courier.trouble.setdefault(claim.run_id, Trouble())
        if trouble.not_before is not None and clock < trouble.not_before:
            return False
        trouble.since = clock if trouble.since is None else trouble.since
        if self._found(claim, self.schedd):
            return True
        if clock - trouble.since < SETTLE:
            return False
        self.courier.deliver(self.database.read(runs.get, claim.run_id), claim.number)
        return True

    def _foreign(self, claim: Submission) -> bool:
        """A dead shoveler's claim: only the schedd that it was made for knows what became of it."""
        schedd = self._schedd_of(claim)
        if schedd is None:
            return self._stays(claim, "nobody knows which schedd it was made for")
        try:
            if self._found(claim, schedd):
                return True
        except ScheddAway as error:
            return self._stays(claim, f"its schedd {claim.schedd} can't be asked: {error}")
        name, now = self.schedd.name, utc_now()
        taken = self.database.write(runs.take_over, claim, self.identity, name, now=now)
        if taken:
            _log.warning(
                "taken over from %s, which is dead",
                claim.claimed_by,
                extra={"action": "claim_taken_over", "run_id": claim.run_id},
            )
        return taken

    def _schedd_of(self, claim: Submission) -> Schedd | None:
        if claim.schedd is None:  # claimed before claims carried it: the host's own schedd was meant
            return self.schedd if claim.claimed_by.partition("@")[2] == self.host else None
        return self.schedd if claim.schedd == self.schedd.name else self.find_schedd(claim.schedd)

    def _found(self, claim: Submission, schedd: Schedd) -> bool:
        # A clock that was set back would end the search of the history too early.
        since = claim.claimed_at if claim.claimed_at <= utc_now() else None
        found = schedd.find_submission(claim.run_id, claim.number, since=since)
        self.courier.faults.passing("settling")
        if found is None:
            return False
        self.courier.taken(
            claim.run_id, claim.number, Submitted(schedd=schedd.name, cluster=int(found["clusterid"]))
        )
        self.courier.faults.passing("settled")
        return True

    def _stays(self, claim: Submission, why: str) -> bool:
        run = self.database.read(runs.get, claim.run_id)
        words = f"its shoveler {claim.claimed_by} is dead, and {why}"
        if self.database.read(dpq.get, run.entry_id).error != words:
            self.database.write(dpq.note, run.entry_id, words)
            _log.error("%s", words, extra={"action": "claim_stays", "run_id": claim.run_id})
        return False

"""Runs in bundles: several share one DAGMan job, so each one's state comes from DAGMan's word on its nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from owl import names
from owl.condor import bundle
from owl.db import bundles, commands
from owl.db.engine import Database
from owl.intent import Verb
from owl.model import RUN_ENDED, Bundle, RunState, Submission
from owl.owld import submissions

Ad = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Told:
    """What is to be written of one run: its state, why, and columns of its submission."""

    state: RunState
    error: str | None
    facts: Mapping[str, Any]


@dataclass
class Bundles:
    """What is known of the bundles whose runs haven't all ended; all of it can be read again."""

    database: Database
    _known: dict[str, Bundle] = field(default_factory=dict)
    _nodes: dict[str, tuple[tuple[int, int], dict[str, bundle.Nodes]]] = field(default_factory=dict)

    def look(self, going: Sequence[Submission]) -> None:
        """Read what DAGMan says of these submissions' nodes, and forget the bundles that none of them is in.

        To be called before the queue is asked: then what is done here is seen there as it has ended.
        """
        wanted = {one.bundle_id for one in going if one.bundle_id is not None}
        for old in self._known.keys() - wanted:
            del self._known[old]
            self._nodes.pop(old, None)
        for one in wanted:
            self._read(one)

    def told(self, submission: Submission, ad: Ad, *, gone: bool) -> Told:
        """What a bundle's DAGMan job tells of one of its runs; `gone`: it has left the queue."""
        shared = submission.bundle_id or ""
        if gone:
            self._read(shared)  # DAGMan's last word may be younger than the look
        nodes = self._nodes.get(shared, ((0, 0), {}))[1].get(submission.run_id, bundle.Nodes())
        state = state_of(nodes, ad, gone=gone)
        if state is RunState.FAILED and self._removed(submission):
            state = RunState.REMOVED
        return Told(state=state, error=_error(state, nodes, ad), facts=_facts(state, nodes, ad))

    def _read(self, bundle_id: str) -> None:
        if bundle_id not in self._known:
            self._known |= self.database.read(bundles.find, [bundle_id])
        if bundle_id not in self._known:
            return
        path = Path(self._known[bundle_id].directory) / names.BUNDLE_STATUS
        try:
            status = path.stat()
        except OSError:
            return
        mark = (status.st_mtime_ns, status.st_ino)
        if bundle_id not in self._nodes or self._nodes[bundle_id][0] != mark:
            self._nodes[bundle_id] = (mark, bundle.nodes(bundle.statuses(path.parent)))

    def _removed(self, submission: Submission) -> bool:
        return self.database.read(commands.asked, Verb.REMOVE, submission.run_id, since=submission.claimed_at)


def state_of(nodes: bundle.Nodes, ad: Ad, *, gone: bool) -> RunState:
    """The state of one run of a bundle, by its own nodes and by the DAGMan job that runs them."""
    if nodes.good:
        return RunState.DONE
    if nodes.over:
        return RunState.FAILED
    if gone:
        state = submissions.state_in_history(ad)
        # DAGMan's last word on the nodes may be lost (a full disk): if all of the bundle is done, so is this run.
        return RunState.FAILED if state is RunState.DONE and nodes.total else state
    state = submissions.state_in_queue({**ad, "dag_nodesfailed": nodes.failed})
    return RunState.RUNNING if state in RUN_ENDED else state


def _error(state: RunState, nodes: bundle.Nodes, ad: Ad) -> str | None:
    return submissions.error({**ad, "dag_nodesfailed": nodes.failed, "dag_nodestotal": nodes.total}, state)


def _facts(state: RunState, nodes: bundle.Nodes, ad: Ad) -> dict[str, Any]:
    facts = submissions.facts(ad, state)
    facts |= {
        "nodes_total": nodes.total or None,
        "nodes_done": nodes.done if nodes.total else None,
        "nodes_failed": nodes.failed if nodes.total else None,
        "nodes_futile": nodes.futile if nodes.total else None,
        "exit_code": None,  # of the bundle, not of this run
    }
    if nodes.over:
        facts["ended_at"] = None  # it has ended now, whenever its bundle does
    return facts

"""The interface library: what the command line, the web GUI and other programs may ask of OWL.

Everything is checked here, once. All of it reads tables and writes intent; nothing talks to HTCondor.
"""

from owl.db.accounts import Account, SavedView, Token
from owl.db.campaigns import Campaign, Cause
from owl.db.control import Alert
from owl.db.failures import BadNode, Group
from owl.db.failures import Failure as FailureCause
from owl.db.look import AuditRow
from owl.db.paging import View
from owl.db.resubmit import Unfinished
from owl.db.rules import KNOBS, Kind, Knob, KnobKind, Pause
from owl.db.tallies import Bucket, QueueCell, Tally
from owl.intake import Association, AssociationState, Event, EventState, Member, MemberState, Remake
from owl.intent import Command, CommandState, Filter, RescueOptions, Selection, Target, TargetKind, Verb
from owl.model import Entry, EntryState, Execution, Role, Run, RunState, State, Submission
from owl.ops.accounting import Accounted, Accounting, Standing, expected_names
from owl.ops.accounts import Accounts
from owl.ops.associations import AssociationDetails, Associations
from owl.ops.bulk import Loaded, Refused, Wanted, read_wanted
from owl.ops.campaigns import CampaignState
from owl.ops.commands import Commands, Preview
from owl.ops.failures import Failures
from owl.ops.failures import in_words as failure_words
from owl.ops.governance import Explained, Governance
from owl.ops.graph import DagNode, RunDag
from owl.ops.health import Health, Level, health
from owl.ops.history import Failure, History, Outlier, StepDurations
from owl.ops.look import Counted, Dashboard, Look
from owl.ops.nodes import Machine, Nodes
from owl.ops.operations import DAEMON_SILENT_AFTER, Operations, RunDetails, Status, latest_of_steps
from owl.ops.pages import DatasetRow, Page, Pages, StepCell, columns, sort_of
from owl.ops.pollers import EventDetails, Pollers, PollerState
from owl.ops.provenance import File, Provenance
from owl.ops.reprocess import Plan, Reprocessed, Resubmissions, unfinished
from owl.ops.rescues import Rescues
from owl.ops.selections import SavedSelection, Selections, named_selection, sql_selection
from owl.ops.templates import CheckResult, TemplateDetails, TemplateInfo, Templates, TemplateVersion
from owl.ops.times import length_of, time_of

__all__ = [
    "DAEMON_SILENT_AFTER",
    "KNOBS",
    "Account",
    "Accounted",
    "Accounting",
    "Accounts",
    "Alert",
    "Association",
    "AssociationDetails",
    "AssociationState",
    "Associations",
    "AuditRow",
    "BadNode",
    "Bucket",
    "Campaign",
    "CampaignState",
    "Cause",
    "CheckResult",
    "Command",
    "CommandState",
    "Commands",
    "Counted",
    "DagNode",
    "Dashboard",
    "DatasetRow",
    "Entry",
    "EntryState",
    "Event",
    "EventDetails",
    "EventState",
    "Execution",
    "Explained",
    "Failure",
    "FailureCause",
    "Failures",
    "File",
    "Filter",
    "Governance",
    "Group",
    "Health",
    "History",
    "Kind",
    "Knob",
    "KnobKind",
    "Level",
    "Loaded",
    "Look",
    "Machine",
    "Member",
    "MemberState",
    "Nodes",
    "Operations",
    "Outlier",
    "Page",
    "Pages",
    "Pause",
    "Plan",
    "PollerState",
    "Pollers",
    "Preview",
    "Provenance",
    "QueueCell",
    "Refused",
    "Remake",
    "Reprocessed",
    "RescueOptions",
    "Rescues",
    "Resubmissions",
    "Role",
    "Run",
    "RunDag",
    "RunDetails",
    "RunState",
    "SavedSelection",
    "SavedView",
    "Selection",
    "Selections",
    "Standing",
    "State",
    "Status",
    "StepCell",
    "StepDurations",
    "Submission",
    "Tally",
    "Target",
    "TargetKind",
    "TemplateDetails",
    "TemplateInfo",
    "TemplateVersion",
    "Templates",
    "Token",
    "Unfinished",
    "Verb",
    "View",
    "Wanted",
    "columns",
    "expected_names",
    "failure_words",
    "health",
    "latest_of_steps",
    "length_of",
    "named_selection",
    "read_wanted",
    "sort_of",
    "sql_selection",
    "time_of",
    "unfinished",
]

"""The interface library: what the command line, the web GUI and other programs may ask of OWL.

Everything is checked here, once. All of it reads tables and writes intent; nothing talks to HTCondor.
"""

from owl.ops.bulk import Loaded, Refused, Wanted, read_wanted
from owl.ops.campaigns import CampaignState
from owl.ops.governance import Explained, Governance
from owl.ops.operations import DAEMON_SILENT_AFTER, Operations, RunDetails, Status, latest_of_steps

__all__ = [
    "DAEMON_SILENT_AFTER",
    "CampaignState",
    "Explained",
    "Governance",
    "Loaded",
    "Operations",
    "Refused",
    "RunDetails",
    "Status",
    "Wanted",
    "latest_of_steps",
    "read_wanted",
]

"""Campaigns: labelled batches of requests, how far they are, and ending them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from owl.ops import CampaignState
from webgui.api.registry import Registry
from webgui.api.rows import check_reason
from webgui.login import me
from webgui.services import services

TAG = "campaigns"
FRESH = 2.0  # seconds for which one look serves all who look
_KEY = "every campaign"


@dataclass(frozen=True, kw_only=True)
class NewCampaign:
    """A campaign, to which requests are added by its name."""

    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """Why a campaign is to end."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """How many requests were taken out of the queue, and the campaign as it stands then."""

    taken: int
    campaign: CampaignState


def campaigns() -> Sequence[CampaignState]:
    """Every campaign, the newest first: requests by state, rate, time to go, causes of failures."""
    ops = services().ops
    return ops.look.shared.get(_KEY, FRESH, ops.campaigns.list)


def campaign(name: str) -> CampaignState:
    """One campaign."""
    return services().ops.campaigns.show(name)


def create_campaign(body: NewCampaign) -> CampaignState:
    """Make a campaign."""
    ops = services().ops.campaigns
    ops.create(body.name.strip(), description=body.description.strip(), requested_by=me())
    forget()
    return ops.show(body.name.strip())


def cancel_campaign(name: str, body: Cancel) -> Cancelled:
    """Take what waits of a campaign out of the queue; what runs goes on to its end."""
    check_reason(body.reason, "kept")
    ops = services().ops.campaigns
    taken = ops.cancel(name, requested_by=me(), reason=body.reason)
    forget()
    return Cancelled(taken=taken, campaign=ops.show(name))


def forget() -> None:
    """Let the next who asks see what has just been changed."""
    services().ops.look.shared.drop(_KEY)


def add(api: Registry) -> None:
    """Put these onto the API."""
    api.get("/campaigns", tag=TAG)(campaigns)
    api.get("/campaigns/{name}", tag=TAG)(campaign)
    api.post("/campaigns", tag=TAG)(create_campaign)
    api.post("/campaigns/{name}/cancel", tag=TAG)(cancel_campaign)

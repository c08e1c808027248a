"""Pages below the tabs: campaigns, associations, accounting, limits, machines, accounts."""

from __future__ import annotations

from flask import Blueprint, render_template

from owl.ops import AssociationState, Remake, Role, Standing
from webgui.login import needs
from webgui.services import services
from webgui.start import start

campaigns = Blueprint("campaigns", __name__)
associations = Blueprint("associations", __name__)
accounting = Blueprint("accounting", __name__)
limits = Blueprint("limits", __name__)
machines = Blueprint("machines", __name__)
accounts = Blueprint("accounts", __name__)
blueprints = (campaigns, associations, accounting, limits, machines, accounts)


@campaigns.get("/campaigns", endpoint="page")
def campaigns_page() -> str:
    """Campaigns: how far they are, and what failed of them."""
    return render_template("campaigns.html", start=start("campaigns"))


@associations.get("/associations", endpoint="page")
def associations_page() -> str:
    """Associations and what each waits for."""
    begin = start("associations", workflows=list(services().owl.catalog.names()), remakes=list(Remake))
    return render_template("associations.html", states=list(AssociationState), start=begin)


@accounting.get("/accounting", endpoint="page")
def accounting_page() -> str:
    """What has become of the datasets that are expected."""
    names = services().owl.catalog.names()
    begin = start("accounting", standings=list(Standing))
    return render_template("accounting.html", workflows=names, start=begin)


@limits.get("/limits", endpoint="page")
def limits_page() -> str:
    """What governs the shoveler."""
    return render_template("limits.html", start=start("limits", workflows=list(services().owl.catalog.names())))


@machines.get("/machines", endpoint="page")
def machines_page() -> str:
    """The pool's machines, taken out and back in."""
    return render_template("machines.html", start=start("machines"))


@accounts.get("/accounts", endpoint="page")
@needs(Role.ADMIN)
def accounts_page() -> str:
    """Who may use the GUI and the API; for administrators."""
    return render_template("accounts.html", roles=list(Role), start=start("accounts"))

"""One check of a request, for whoever makes it: the command line, a file of many, a poller, an association."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from owl.workflow.catalog import Catalog
from owl.workflow.values import Parameter, check_name, check_priority, check_values


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A request that isn't in the DPQ yet."""

    dataset: str
    workflow: str
    priority: int = 0
    campaign: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class RequestCheck:
    """Checks requests; what a workflow declares is read once, so make a new one for each batch."""

    catalog: Catalog
    _declared: dict[str, Mapping[str, Parameter]] = field(default_factory=dict)

    def check(self, wish: Wish) -> None:
        """Say what is wrong with a request.

        Raises:
            InvalidName, UnknownWorkflow, TemplateError: it can't be carried out as it is.
        """
        check_name("dataset", wish.dataset)
        check_priority(wish.priority)
        if wish.campaign:
            check_name("campaign", wish.campaign)
        if wish.workflow not in self._declared:
            self._declared[wish.workflow] = self.catalog.get(wish.workflow).parameters
        check_values(self._declared[wish.workflow], wish.parameters, workflow=wish.workflow)

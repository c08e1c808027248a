"""Numbers of seconds and hours on the command line: `nan` and what no calendar holds are the user's mistake."""

from __future__ import annotations

from typing import Any

import click


class Amount(click.ParamType):  # type: ignore[type-arg]  # older clicks' can't be subscripted
    """From nothing to `most` of a unit."""

    name = "float"

    def __init__(self, unit: str, most: float) -> None:
        self.unit, self.most = unit, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number, or a refusal that says which there may be."""
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if not 0 <= number <= self.most:  # neither is nan
            self.fail(f"{str(value)[:40]!r} isn't a number of {self.unit} from 0 to {self.most:,.0f}", param, ctx)
        return number


SECONDS = Amount("seconds", 10 * 365 * 24 * 3600)
HOURS = Amount("hours", 10 * 365 * 24)

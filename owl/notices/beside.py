"""What runs beside a daemon's steps: its herald and its figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from owl.errors import DatabaseAway
from owl.figures import Figures
from owl.notices.herald import Herald


@dataclass
class Beside:
    """A daemon's herald and figures."""

    herald: Herald
    figures: Figures

    def around(self, step: Callable[[], bool]) -> Callable[[], bool]:
        """The step with both around it."""
        self.figures.serve()

        def whole() -> bool:
            begun = time.monotonic()
            try:
                worked = step()
                self.herald.step(time.monotonic())
            except DatabaseAway:
                self.figures.set("owl_database_away", 1)
                self.herald.away(time.monotonic())
                raise
            else:
                self.figures.set("owl_database_away", 0)
            finally:
                self.figures.set("owl_step_seconds", time.monotonic() - begun)
                self.figures.count("owl_steps_total")
                self.figures.write()
            return worked

        return whole

"""Ready-made rates and lags."""

from __future__ import annotations

import pytest

from owl.figures import MEANINGS, Figures, Rate


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock of the figures, to be set."""
    now = [1000.0]
    monkeypatch.setattr("owl.figures.time.monotonic", lambda: now[0])
    return now


def test_a_rate_is_the_mean_of_the_last_minute_and_falls_by_itself(clock: list[float]) -> None:
    made = Figures(daemon="shoveler")
    made.count("owl_submitted_total", 5)
    clock[0] += 10
    made.count("owl_submitted_total", 25)
    assert made.registry.get_sample_value("owl_submitted_per_second") == 3.0, "30 in the 10 s that there were"
    clock[0] += 50.5
    assert made.registry.get_sample_value("owl_submitted_per_second") == 25 / 60
    clock[0] += 60
    assert made.registry.get_sample_value("owl_submitted_per_second") == 0
    assert made.registry.get_sample_value("owl_submitted_total") == 30


def test_the_first_moment_is_no_division_by_nothing(clock: list[float]) -> None:
    rate = Rate()
    rate.add(3)
    assert rate.per_second() == 3


def test_a_lag_is_a_histogram_up_to_a_week() -> None:
    made = Figures(daemon="shoveler")
    for seconds in (0.4, 3, 90_000):
        made.observe("owl_submit_lag_seconds", seconds)
    of = made.registry.get_sample_value
    assert [of("owl_submit_lag_seconds_bucket", {"le": le}) for le in ("0.5", "5.0", "604800.0")] == [1, 2, 3]
    assert of("owl_submit_lag_seconds_count") == 3


def test_every_rate_has_its_total() -> None:
    rates = [name for name in MEANINGS if name.endswith("_per_second")]
    assert len(rates) == 4
    assert all(name.removesuffix("_per_second") + "_total" in MEANINGS for name in rates)

"""A workflow's retry policy: what fits which rule, the memory ladder, and what is refused."""

from __future__ import annotations

import tomllib

import pytest

from owl.errors import TemplateError
from owl.workflow.retry import Failed, Policy, read_policy

TEXT = """
[[retry]]
name = "the archive is away"
steps = ["INGEST_*"]
exit_codes = [75]
log = "could not connect"
times = 3
after = 60

[[retry]]
name = "lost"
signals = [15]
hold_codes = [6, 12]

[memory]
rungs = [2048, 4096, 8192, 16384]
exit_codes = [99]
"""


def policy(text: str = TEXT) -> Policy:
    return read_policy(tomllib.loads(text), "workflow.toml")


def rule(failed: Failed) -> str | None:
    found = policy().rule_of(failed)
    return None if found is None else found.name


def test_a_rule_fits_by_any_of_its_causes_and_only_its_steps() -> None:
    assert rule(Failed(step="INGEST_05", exit_code=75)) == "the archive is away"
    assert rule(Failed(step="INGEST_05", exit_code=1, log="psql: Could not CONNECT")) == "the archive is away"
    assert rule(Failed(step="LEVEL_1", exit_code=75)) is None
    assert rule(Failed(step="LEVEL_1", exit_signal=15)) == "lost"
    assert rule(Failed(step="LEVEL_1", hold_code=12)) == "lost"
    assert rule(Failed(step="LEVEL_1", exit_code=1)) is None
    assert policy().rules[0].after == 60


@pytest.mark.parametrize(
    "failed",
    [
        Failed(step="X", hold_code=34),
        Failed(step="X", hold_code=21, log="memory usage exceeded request_memory"),
        Failed(step="X", exit_signal=9),
        Failed(step="X", exit_code=137),
        Failed(step="X", exit_code=99),
        Failed(step="X", exit_code=1, log="numpy: Unable to allocate 8 GiB"),
        Failed(step="X", exit_code=1, log="MemoryError"),
    ],
)
def test_a_want_of_memory_goes_up_the_ladder(failed: Failed) -> None:
    assert rule(failed) == "memory"
    assert [policy().next_rung(asked) for asked in (128, 2048, 3000, 16384)] == [2048, 4096, 4096, None]


def test_without_a_ladder_a_want_of_memory_is_nobodys() -> None:
    assert policy("").rule_of(Failed(step="X", hold_code=34)) is None
    assert policy("").empty


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("retry = 3", "each rule is a table of its own"),
        ("[[retry]]\nexit_codes = [1]", "needs a name"),
        ('[[retry]]\nname = "a: b"\nexit_codes = [1]', "without a colon"),
        ('[[retry]]\nname = "a"', "names no cause"),
        ('[[retry]]\nname = "a"\nlog = "("', "isn't a regular expression"),
        ('[[retry]]\nname = "a"\nexit_codes = ["x"]', "exit_codes are whole numbers"),
        ('[[retry]]\nname = "a"\nexit_codes = [1]\ntimes = 0', "times is 1 to 100"),
        ('[[retry]]\nname = "a"\ncolour = "x"', "colour isn't known"),
        ("[memory]\nrungs = [4, 2]", "each rung must be larger"),
        ('[memory]\nrungs = "2"', "rungs are whole numbers of MB"),
        ("[memory]\nrungs = [2]\nfoo = 1", "takes rungs"),
    ],
)
def test_a_policy_that_is_wrong_is_told_with_its_place(text: str, says: str) -> None:
    with pytest.raises(TemplateError, match=rf"\Aworkflow\.toml.*{says}"):
        policy(text)

"""`owl doctor --execute`: what would turn an execute host into a black hole is told before HTCondor meets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from owl.pool.personal import PersonalPool
from tests.fixtures.site import Site

pytestmark = pytest.mark.pool


@pytest.fixture
def hook(pool: PersonalPool, spool: Path) -> Iterator[Path]:
    """The pool's copy of the job hook; it is as it was when the test has ended."""
    path = pool.directory / "hooks" / "owl_job_hook"
    content, mode, above = path.read_bytes(), path.stat().st_mode, path.parent.stat().st_mode
    yield path
    path.write_bytes(content)
    path.chmod(mode)
    path.parent.chmod(above)


def test_a_sound_host_has_nothing_to_mend(site: Site, hook: Path) -> None:
    assert "✗" not in site.owl("doctor", "--execute").stdout


def test_each_role_is_looked_at_by_itself(site: Site, hook: Path) -> None:
    hook.unlink()
    for role in ("manager", "submit", "gui"):
        told = site.owl("doctor", "--role", role, "--json", code=0).stdout
        assert '"good": false' not in told
    assert "isn't there" in site.owl("doctor", "--role", "gui", "--role", "execute", code=1).stdout
    assert "schedd" not in site.owl("doctor", "--role", "gui", code=0).stdout


def test_a_missing_hook_is_told(site: Site, hook: Path) -> None:
    hook.unlink()
    told = site.owl("doctor", "--execute", code=1).stdout
    assert told.count("✗") == 2  # one for each hook that calls by default
    assert f"{hook} isn't there" in told


def test_a_hook_that_is_not_executable_is_told_with_its_mend(site: Site, hook: Path) -> None:
    hook.chmod(0o644)
    assert f"chmod 755 {hook}" in site.owl("doctor", "--execute", code=1).stdout


@pytest.mark.parametrize("above", [False, True])
def test_what_everybody_may_write_is_told(site: Site, hook: Path, above: bool) -> None:
    place = hook.parent if above else hook
    place.chmod(0o777)
    assert f"chmod o-w {place}" in site.owl("doctor", "--execute", code=1).stdout


def test_a_spool_with_the_wrong_mode_is_told(site: Site, hook: Path, spool: Path) -> None:
    spool.chmod(0o755)
    assert f"chmod 3733 {spool}" in site.owl("doctor", "--execute", code=1).stdout

"""A pool and a site that the figures are measured on."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from owl.config import load_settings
from owl.daemon import utc_now
from owl.pool.personal import CACHE_VARIABLE, PersonalPool
from tests.fixtures.database import add_entry, begin_run
from tests.fixtures.site import Site, make_site

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 600.0


@contextmanager
def bench_pool(slots: int, overrides: Mapping[str, str] | None = None) -> Iterator[PersonalPool]:
    """A pool of the figures' own, up; this process and HTCondor's bindings are its clients."""
    import htcondor2

    os.environ.setdefault(CACHE_VARIABLE, str(ROOT / ".owl" / "htcondor"))
    wanted = {name: os.environ[name] for name in ("OWL_POOL_HTCONDOR",) if os.environ.get(name)}
    state = ROOT / ".owl" / "bench" / str(os.getpid())
    state.mkdir(parents=True)
    pool = PersonalPool(load_settings(wanted, directory=state, state_dir=state))
    before = dict(os.environ)
    try:
        pool.up(owl_daemons=False, slots=slots, overrides=overrides)
        os.environ.update(pool.environment())
        htcondor2.reload_config()
        yield pool
    finally:
        pool.down()
        shutil.rmtree(state, ignore_errors=True)
        os.environ.clear()
        os.environ.update(before)
        htcondor2.reload_config()


@contextmanager
def bench_site(pool: PersonalPool, **settings: Any) -> Iterator[Site]:
    """A site on that pool, with the periods that OWL has by default, whose spool the hook writes to."""
    folder = pool.settings.state_dir / f"site-{secrets.token_hex(3)}"
    pool.use_spool(folder.with_name(folder.name + "-spool"))
    defaults = {"drain_period": 0.25, "reconcile_period": 5.0}
    with make_site(folder, folder.with_name(folder.name + "-spool"), **{**defaults, **settings}) as site:
        yield site


def run_of_its_own(site: Site) -> str:
    """The id of a run that the site's database knows, so that owld follows its steps."""
    name = f"{utc_now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    database = site.app.database
    begin_run(database, add_entry(database, f"ds-{name}"), name)
    return name


def wait_for_queue() -> None:
    """Wait until HTCondor's queue is empty."""
    import htcondor2

    end = time.monotonic() + PATIENCE
    while htcondor2.Schedd().query("JobStatus =!= 5", ["ClusterId"]):
        if time.monotonic() > end:
            raise TimeoutError(f"HTCondor's queue isn't empty after {PATIENCE:.0f} s")
        time.sleep(0.2)


def machine_cpu() -> float:
    """CPU seconds of the whole machine so far: everything but idle and waiting (proc(5), /proc/stat)."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")

"""dask-drmaa: workers as a bulk job, work for them, and their end.

It was last released in 2018. What `distributed` has dropped since is put back here, outside of it: nothing of that
concerns DRMAA.
"""

import contextlib
import sys
import time
from pathlib import Path

import distributed.utils
from distributed import Client
from tornado.ioloop import PeriodicCallback

distributed.utils.ignoring = contextlib.suppress
distributed.utils.PeriodicCallback = type(
    "PeriodicCallback",
    (PeriodicCallback,),
    {
        "__init__": lambda self, callback, callback_time, io_loop: PeriodicCallback.__init__(
            self, callback, callback_time
        )
    },
)

from dask_drmaa import core  # noqa: E402 - needs what stands above

# It names workers by variables of the systems that it knows; of a bulk job each has this one here.
core.TASK_ID = "$DRMAA_JOB_INDEX"
core.worker_bin_path = f"{Path(sys.executable).parent}/dask worker"
WORKERS = 3


class Cluster(core.DRMAACluster):  # type: ignore[misc] # it has no types
    """With the one attribute of its base class that it uses and that is made elsewhere today."""

    scheduler_address = property(lambda self: self.local_cluster.scheduler_address)


def main() -> None:
    """Raise where anything isn't as dask-drmaa's users expect it."""
    cluster = Cluster(ip="127.0.0.1", hostname="127.0.0.1", dashboard_address=None)
    cluster.start_workers(WORKERS)
    jobs = list(cluster.workers)
    assert len(jobs) == WORKERS, jobs
    with Client(cluster.scheduler_address) as client:
        client.wait_for_workers(WORKERS, timeout=200)
        assert client.gather(client.map(lambda x: x + 1, range(100))) == list(range(1, 101))
    print(f"saw: {WORKERS} workers as a bulk job, a hundred tasks done by them")
    session = core.get_session()
    for job in jobs:
        session.control(job, "terminate")
    session.synchronize(jobs, 200, True)
    end = time.monotonic() + 60
    while any(session.jobStatus(job) != "failed" for job in jobs):
        assert time.monotonic() < end
        time.sleep(0.2)
    print("saw: their end")
    cluster.workers.clear()
    cluster.local_cluster.close()
    Path(cluster.script).unlink()


main()

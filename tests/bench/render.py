"""Rendering: the templates of `imaging`, compiled once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from owl import names
from owl.workflow.catalog import Catalog
from owl.workflow.render import Renderer, Request

WORKFLOWS = 2000


def figures() -> Iterator[dict[str, Any]]:
    """Workflows of `imaging` rendered a second of CPU time, on one core."""
    workflow = Catalog(names.resource("templates")).get("imaging")
    renderer = Renderer()
    paths = {"raw_dir": "/data/raw", "reference_dir": "/data/reference", "archive_dir": "/data/archive"}
    start = time.process_time()
    for number in range(WORKFLOWS):
        request = Request(
            dataset=f"jw93135012001_{number:05d}_00001_nrs1",
            priority=50,
            campaign="bench",
            run_id=f"run-{number}",
            work_dir=f"/data/work/{number}",
            parameters=paths,
        )
        renderer.render(workflow, request)
    seconds = time.process_time() - start
    yield {
        "figure": "rendering",
        "workflows": WORKFLOWS,
        "files_each": len(workflow.sources),
        "workflows_per_s": round(WORKFLOWS / seconds),
        "target": "500 or more",
    }

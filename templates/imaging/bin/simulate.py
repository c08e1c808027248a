#!/usr/bin/env python3
"""Simulate a night of OWLCAM: raw exposures, deliveries of reference files, truth tables, plan.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from imaging.runner import run_step
from imaging.simulator.plan import Order, simulate


def main() -> int:
    """Simulate what the command line orders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--exposures", type=int, default=12)
    parser.add_argument("--associations", type=int, default=2)
    parser.add_argument("--leave-out-flat", metavar="FILTER", help="deliver the flat of one exposure later")
    parser.add_argument(
        "--install-references", action="store_true", help="copy the deliveries to OUT/reference too"
    )
    order = Order(**vars(parser.parse_args()))
    return run_step("simulate", f"seed {order.seed}", lambda: str(simulate(order)))


if __name__ == "__main__":
    sys.exit(main())

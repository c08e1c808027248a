#!/usr/bin/env python3
"""INGEST_*: put a level's product from the current directory into the archive."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from imaging.archive import ingest
from imaging.products import Level, read_product
from imaging.runner import run_step


def main() -> int:
    """Run the step on the command line's dataset and level."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-a", "--archive-dir", type=Path, required=True)
    parser.add_argument("-l", "--level", type=Level, choices=tuple(Level), required=True)
    parser.add_argument("-r", "--run-id", required=True)
    parser.add_argument("dataset")
    arguments = parser.parse_args()

    def work() -> str:
        product = read_product(arguments.dataset, arguments.level, Path.cwd())
        count = ingest(product, Path.cwd(), arguments.archive_dir, arguments.run_id)
        return f"{count} files of level {arguments.level} in {arguments.archive_dir}"

    return run_step(f"ingest_{arguments.level}", arguments.dataset, work)


if __name__ == "__main__":
    sys.exit(main())

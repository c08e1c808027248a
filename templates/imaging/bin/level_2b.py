#!/usr/bin/env python3
"""LEVEL_2B: background, catalogue and preview of the exposure in the current directory."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from imaging.measure import level_2b
from imaging.runner import run_step


def main() -> int:
    """Run the step on the command line's dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-d", "--reference-dir", type=Path, required=True)
    parser.add_argument("dataset")
    arguments = parser.parse_args()
    work = Path.cwd()
    return run_step(
        "level_2b", arguments.dataset, lambda: level_2b(arguments.dataset, arguments.reference_dir, work)
    )


if __name__ == "__main__":
    sys.exit(main())

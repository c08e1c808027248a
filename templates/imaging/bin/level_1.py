#!/usr/bin/env python3
"""LEVEL_1: take bias and dark from the exposure in the current directory."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from imaging.detrend import level_1
from imaging.runner import run_step


def main() -> int:
    """Run the step on the command line's dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-d", "--reference-dir", type=Path, required=True)
    parser.add_argument("dataset")
    arguments = parser.parse_args()
    work = Path.cwd()
    return run_step("level_1", arguments.dataset, lambda: level_1(arguments.dataset, arguments.reference_dir, work))


if __name__ == "__main__":
    sys.exit(main())

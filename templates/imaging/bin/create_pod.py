#!/usr/bin/env python3
"""CREATE_POD: check a raw exposure and take it into the work directory (the current one)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from imaging.pod import create_pod
from imaging.runner import run_step


def main() -> int:
    """Run the step on the command line's dataset."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--raw-dir", type=Path, required=True)
    parser.add_argument("dataset")
    arguments = parser.parse_args()
    work = Path.cwd()
    return run_step("create_pod", arguments.dataset, lambda: create_pod(arguments.dataset, arguments.raw_dir, work))


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""LEVEL_3: combine the exposures of an association, from the archive into the current directory."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from imaging.association import level_3
from imaging.runner import run_step


def main() -> int:
    """Run the step on the command line's association."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-a", "--archive-dir", type=Path, required=True)
    parser.add_argument("-m", "--members", required=True, help="names of the exposures, with commas between them")
    parser.add_argument("dataset")
    arguments = parser.parse_args()
    members = [name.strip() for name in arguments.members.split(",") if name.strip()]
    archive = arguments.archive_dir
    return run_step("level_3", arguments.dataset, lambda: level_3(arguments.dataset, members, archive, Path.cwd()))


if __name__ == "__main__":
    sys.exit(main())

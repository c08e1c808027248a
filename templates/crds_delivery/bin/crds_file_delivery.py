#!/usr/bin/env python3
"""Check a delivery of reference files and put it in place (submit), or confirm that it is (confirm).

usage: crds_file_delivery.py -r RECIPE -p PATHNAME -d REFERENCE_DIR DATASET {submit,confirm}
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from delivery.errors import DeliveryError
from delivery.manifest import MANIFEST_FILE, read_manifest
from delivery.place import place_files
from delivery.receipt import confirm_files, write_receipts


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """The command line, in the order of the STScI template: options, dataset, stage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("-r", "--recipe", default="crds_delivery", help="name of the workflow, for the log")
    parser.add_argument("-p", "--pathname", type=Path, required=True, help="directory of the delivery")
    parser.add_argument("-d", "--reference-dir", type=Path, required=True, help="where the files go")
    parser.add_argument("dataset", help="name of the delivery")
    parser.add_argument("stage", choices=("submit", "confirm"))
    return parser.parse_args(argv)


def submit(arguments: argparse.Namespace) -> None:
    """Check every file of the delivery, then put them all in place."""
    manifest = read_manifest(arguments.pathname / MANIFEST_FILE)
    placed = place_files(manifest, arguments.pathname, arguments.reference_dir)
    for line in placed:
        print(line)
    print(f"{arguments.dataset}: {len(manifest.entries)} files in place in {arguments.reference_dir}")


def confirm(arguments: argparse.Namespace) -> None:
    """Check that every file of the manifest is in place, then write the receipts."""
    manifest = read_manifest(arguments.pathname / MANIFEST_FILE)
    confirm_files(manifest, arguments.reference_dir)
    for receipt in write_receipts(manifest, arguments.dataset, arguments.reference_dir, Path.cwd()):
        print(f"{arguments.dataset}: confirmed, receipt {receipt}")


def main(argv: list[str]) -> int:
    """Run one stage; a failure is one line on standard error and an exit code of its own."""
    arguments = parse_arguments(argv)
    try:
        {"submit": submit, "confirm": confirm}[arguments.stage](arguments)
    except DeliveryError as error:
        print(f"{arguments.recipe} {arguments.stage} {arguments.dataset}: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

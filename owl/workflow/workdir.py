"""A run's work directory: `<work_root>/<workflow>/<dataset>/<run id>/`; no two runs share a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from owl import names
from owl.errors import StorageError


def place(work_root: Path, workflow: str, dataset: str, run_id: str) -> Path:
    """Where a run's files are."""
    return work_root.joinpath(workflow, dataset, run_id)


def write(work_dir: Path, files: Mapping[str, str], record: Mapping[str, Any]) -> None:
    """Write a run's rendered files and its `run.json`; what is there already is written again.

    Raises:
        StorageError: the work root is full, read-only or not ours.
    """
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            _write(work_dir / name, text)
        _write(work_dir / names.RUN_FILE, json.dumps(record, indent=2, sort_keys=True) + "\n")
    except OSError as error:
        raise StorageError(
            f"{work_dir}: can't be written ({error.strerror}); make room there or set work_root in owl.toml"
        ) from error


def rewrite(work_dir: Path, files: Mapping[str, str]) -> None:
    """Write some of a run's files again; `OSError` where that can't be done."""
    for name, text in files.items():
        _write(work_dir / name, text)


def _write(path: Path, text: str) -> None:
    """As a temporary name in the same directory, then renamed: a reader never sees half a file."""
    temporary = path.with_name(f".{path.name[:200]}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)

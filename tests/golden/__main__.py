"""`python -m tests.golden`: write the golden T-SQL anew."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.golden.record import FOLDER, texts


def write() -> None:
    """Write every golden file; remove those of modules that are gone."""
    with tempfile.TemporaryDirectory() as directory:
        wanted = texts(Path(directory))
    for path in FOLDER.glob("*.sql"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"{len(wanted)} files in {FOLDER}: look at `git diff` and commit them")


if __name__ == "__main__":
    write()

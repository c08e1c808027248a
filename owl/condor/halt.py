"""Halting a DAG: a file beside it, at which DAGMan looks (HTCondor manual, "Suspending a running DAG").

While it is there DAGMan submits nothing more, and what is in the queue goes on. Where nothing is in the queue any
more, DAGMan writes a rescue file and ends.
"""

from __future__ import annotations

import os
from pathlib import Path

from owl.errors import StorageError


def path_of(dag_file: Path) -> Path:
    """Where DAGMan looks."""
    return dag_file.with_name(dag_file.name + ".halt")


def halt(dag_file: Path, words: str) -> bool:
    """Halt a DAG; False where it was halted already. `words` stand in the file, for whoever finds it."""
    path = path_of(dag_file)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        return False
    except OSError as error:
        raise StorageError(f"{path}: can't be written ({error.strerror}); owld must be able to") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(" ".join(words.split()) + "\n")
    return True


def resume(dag_file: Path, *, only: str = "") -> bool:
    """Let a DAG go on; False where it wasn't halted, or not with words that begin with `only`."""
    path = path_of(dag_file)
    try:
        if only and not path.read_text(encoding="utf-8", errors="replace").startswith(only):
            return False
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"{path}: can't be removed ({error.strerror}); owld must be able to") from error
    return True

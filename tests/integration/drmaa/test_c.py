"""Plain C programs linked with the library, in an environment that says nothing of Python."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from owl.drmaa import library_path
from owl.pool.personal import PersonalPool
from tests.fixtures.cprograms import bare_environment, compiled, names_of

pytestmark = pytest.mark.pool

TESTS = {
    "conformance": (
        "error_codes",
        "before_a_session",
        "sessions",
        "empty_session",
        "attributes",
        "nulls",
        "endings",
        "threads",
        "exit_wakes_waiters",
    ),
    "buffers": (
        "cut_texts",
        "texts_of_any_length",
        "ids_of_any_length",
    ),
    "cases": (
        "bulk_and_single_one_by_one",
        "synchronize_all_and_dispose",
        "synchronize_all_and_keep",
        "synchronize_ids_and_dispose",
        "synchronize_ids_and_keep",
        "every_exit_code",
        "signals",
        "unusable_files",
        "held_then_released_or_ended",
        "held_bulks",
        "ended_in_every_state",
        "suspended_and_resumed",
        "asked_again_and_again",
        "changed_template",
    ),
    "sessions": (
        "threads_that_submit_before_there_is_a_session",
        "the_session_ends_while_threads_submit_and_wait",
        "earlier_sessions_jobs",
        "what_does_not_exist",
        "usage",
        "no_children",
    ),
}
EACH = [(program, name) for program, names in TESTS.items() for name in names]


@pytest.fixture(scope="module")
def programs(run_directory: Path) -> dict[str, Path]:
    """The C programs, compiled and linked with -ldrmaa."""
    return compiled(run_directory)


@pytest.mark.parametrize("program", TESTS)
def test_every_test_of_the_program_is_run_here(programs: dict[str, Path], program: str) -> None:
    assert names_of(programs[program]) == list(TESTS[program])


@pytest.mark.parametrize(("program", "name"), EACH)
def test_from_c(pool: PersonalPool, programs: dict[str, Path], program: str, name: str, folder: Path) -> None:
    command = [str(programs[program]), name]
    done = subprocess.run(
        command, cwd=folder, env=bare_environment(), capture_output=True, text=True, timeout=3000, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


FOREIGN = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
text, diagnosis = ctypes.create_string_buffer(1024), ctypes.create_string_buffer(1024)
code = library.drmaa_init(None, diagnosis, ctypes.c_size_t(1024))
assert code == 0, diagnosis.value
assert library.drmaa_get_DRM_system(text, ctypes.c_size_t(1024), diagnosis, ctypes.c_size_t(1024)) == 0
assert library.drmaa_exit(diagnosis, ctypes.c_size_t(1024)) == 0
print(text.value.decode())
"""


def same_version(python: str) -> bool:
    """Whether there is such a Python, and of the version that the library was built for."""
    if shutil.which(python) is None:
        return False
    code = "import sys; print(*sys.version_info[:2])"
    told = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False).stdout
    return told.split() == [str(one) for one in sys.version_info[:2]]


@pytest.mark.parametrize("python", [sys.executable, "/usr/bin/python3"])
def test_a_python_that_has_none_of_the_librarys_packages(pool: PersonalPool, python: str) -> None:
    if not same_version(python):
        pytest.skip(f"{python} is not of the version that the library was built for")
    command = [python, "-I", "-S", "-c", FOREIGN, str(library_path())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.startswith("HTCondor "), done.stderr

"""Plain C programs linked with the library, in an environment that says nothing of Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from owl.drmaa import header_path, library_path
from owl.pool.personal import PersonalPool

pytestmark = pytest.mark.pool

TESTS = (
    "error_codes",
    "before_a_session",
    "sessions",
    "empty_session",
    "attributes",
    "nulls",
    "buffers",
    "endings",
    "threads",
    "exit_wakes_waiters",
)


@pytest.fixture(scope="module")
def program(run_directory: Path) -> Path:
    """conformance.c, compiled and linked with -ldrmaa."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.fail("a C compiler is needed: install gcc", pytrace=False)
    folder = library_path().parent
    made = run_directory / "conformance"
    flags = ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O1", "-g", f"-I{header_path().parent}"]
    source = Path(__file__).with_name("conformance.c")
    linked = [f"-L{folder}", f"-Wl,-rpath,{folder}", "-ldrmaa", "-lpthread"]
    subprocess.run([compiler, *flags, "-o", str(made), str(source), *linked], check=True)
    return made


def test_every_test_of_the_program_is_run_here(program: Path) -> None:
    listed = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert listed.stdout.split() == list(TESTS)


@pytest.mark.parametrize("name", TESTS)
def test_conformance_from_c(pool: PersonalPool, program: Path, name: str, folder: Path) -> None:
    environment = {"CONDOR_CONFIG": os.environ["CONDOR_CONFIG"], "PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    done = subprocess.run(
        [str(program), name], cwd=folder, env=environment, capture_output=True, text=True, timeout=240, check=False
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


def test_a_python_that_has_none_of_the_librarys_packages(pool: PersonalPool) -> None:
    command = [sys.executable, "-I", "-S", "-c", FOREIGN, str(library_path())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("HTCondor "), done.stderr

"""The library is loaded into a program whose Python is already at work."""

from __future__ import annotations

import os
import subprocess
import sys

from owl.drmaa import library_path

# An attribute looked up gives the capsules' type the version tag with which cffi locks itself before 3.12.
AFTER_A_CAPSULE = """
import datetime
assert not hasattr(datetime.datetime_CAPI, "nothing")
import drmaa
try:
    drmaa.Session.exit()
except drmaa.errors.NoActiveSessionException:
    print("answered")
"""


def test_a_program_that_has_looked_at_a_capsule_gets_its_answer() -> None:
    environment = os.environ | {"DRMAA_LIBRARY_PATH": str(library_path())}
    command = [sys.executable, "-c", AFTER_A_CAPSULE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, "answered\n"), done.stderr

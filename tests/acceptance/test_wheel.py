"""A wheel holds everything: it is built in a clean copy and installed where there is neither compiler nor Node."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = (
    ".*",
    "build",
    "dist",
    "*.egg-info",
    "node_modules",
    "__pycache__",
    "*.so",
    "libdrmaa.c",
    "tests",
    "docs",
)
FEW = ("sh", "env", "uname", "ldd", "cat")
LARGEST = 5 * 2**20
LOAD = """
from owl.condor.submit import load_drmaa
from owl.config import load_settings
assert str(load_drmaa(load_settings().drmaa_library).Session.version) == "1.0"
"""


def run(command: list[str], environment: dict[str, str], code: int = 0) -> str:
    """Run a command to its end; returns what it said."""
    result = subprocess.run(
        command, env=environment, cwd="/", capture_output=True, text=True, timeout=1500, check=False
    )
    assert result.returncode == code, (command, result.stdout[-2000:], result.stderr[-2000:])
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a release is."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(folder), f"{folder}/source"]
    run(command, dict(os.environ))
    [path] = folder.glob("owl_htcondor-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An empty environment with the wheel in it, and the variables that a program in it gets."""
    folder = tmp_path_factory.mktemp("installed")
    few = folder / "few"
    few.mkdir()
    for name in FEW:
        (few / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    kept = {name: os.environ[name] for name in os.environ if name.startswith("PIP_") or name == "HOME"}
    environment = {**kept, "PATH": f"{folder / 'venv' / 'bin'}:{few}", "LC_ALL": "C.UTF-8", "CC": "/nowhere/cc"}
    assert shutil.which("gcc", path=environment["PATH"]) is None
    assert shutil.which("node", path=environment["PATH"]) is None
    run([sys.executable, "-m", "venv", str(folder / "venv")], dict(os.environ))
    pip = [str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-warn-script-location"]
    run([*pip, str(wheel)], environment)
    return folder / "venv", environment


def test_the_wheel_is_small_and_holds_what_the_source_tree_does(wheel: Path) -> None:
    assert wheel.stat().st_size < LARGEST
    inside = {
        name.split("/data/")[-1]: entry for entry in zipfile.ZipFile(wheel).infolist() for name in [entry.filename]
    }
    for folder in ("templates", "hooks", "condor_config.d"):
        wanted = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        for path in wanted:
            entry = inside[f"share/owl/{path.relative_to(ROOT)}"]
            executable = bool(path.stat().st_mode & stat.S_IXUSR)
            assert bool((entry.external_attr >> 16) & stat.S_IXUSR) == executable, path
    assert {"owl/drmaa/libdrmaa.so", "owl/drmaa/drmaa.h", "owl/db/classad-1.zdict"} <= set(inside)
    web = [path for top in ("static", "templates") for path in (ROOT / "webgui" / top).rglob("*") if path.is_file()]
    assert {str(path.relative_to(ROOT)) for path in web} <= set(inside)


def test_it_works_where_there_is_neither_compiler_nor_node(
    installed: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    venv, environment = installed
    owl = str(venv / "bin" / "owl")
    environment = {**environment, "OWL_STATE_DIR": str(tmp_path / "state")}
    assert "owl, version" in run([owl, "--version"], environment)
    run([owl, "init", "--role", "submit", "--role", "execute", "--root", str(tmp_path / "host")], environment)
    hook = tmp_path / "host" / "usr" / "libexec" / "owl" / "owl_job_hook"
    assert hook.read_text() == (ROOT / "hooks" / "owl_job_hook").read_text()
    run([owl, "db", "upgrade"], environment)
    assert "imaging" in run([owl, "workflows"], environment)
    assert str(venv) in run([owl, "drmaa", "path"], environment)
    run([owl, "status", "--json"], environment)
    told = run([owl, "doctor", "--role", "gui"], environment)
    assert "✗" not in told
    run([str(venv / "bin" / "python"), "-c", LOAD], environment)
    programs = [path for path in (ROOT / "templates").rglob("bin/*") if path.is_file() and os.access(path, os.X_OK)]
    assert programs
    assert all(os.access(venv / "share" / "owl" / path.relative_to(ROOT), os.X_OK) for path in programs)

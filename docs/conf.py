"""Makes a site of these documents: `make docs`, warnings are errors. They are plain Markdown."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

import owl

HERE = Path(__file__).resolve().parent
SECTIONS = {
    "Tutorial": "tutorial",
    "How-to": "how-to",
    "Reference": "reference",
    "Explanation": "explanation",
    "Decisions": "adr",
}

project = "OWL"
author = "the OWL developers"
version = release = owl.__version__
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"OWL {version}"
html_last_updated_fmt = ""
templates_path: list[str] = []
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # a generated page may begin below its title


def add_contents(_app: Sphinx, name: str, source: list[str]) -> None:
    """The index links every document in its own words; the site's menu follows the folders."""
    if name != "index":
        return
    for title, folder in SECTIONS.items():
        pages = sorted(path.stem for path in (HERE / folder).glob("*.md"))
        lines = [f"{folder}/{page}" for page in pages]
        source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {title}", "", *lines, "```", ""])


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    app.connect("source-read", add_contents)

"""Takes the pictures that the documents show from what the browser tests have kept: `python docs/screenshots.py`.

They are of the running system, at 1280 pixels; here only their colours become fewer, so that they stay small.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".owl" / "screenshots"
SHOWN = ROOT / "docs" / "images" / "gui"
COLOURS = 64


def main() -> int:
    """Write every picture that a document shows; what the tests haven't kept is told."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
    names = sorted({name for text in texts for name in re.findall(r"images/gui/([\w-]+\.png)", text)})
    missing = [name for name in names if not (KEPT / name).is_file()]
    if missing:
        print(f"run tests/acceptance/test_gui*.py first: {KEPT} lacks {', '.join(missing)}", file=sys.stderr)
        return 1
    SHOWN.mkdir(parents=True, exist_ok=True)
    for name in names:
        with Image.open(KEPT / name) as picture:
            picture.convert("RGB").quantize(COLOURS).save(SHOWN / name, optimize=True)
    print(f"{len(names)} pictures in {SHOWN}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

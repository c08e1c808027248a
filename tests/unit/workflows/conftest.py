"""The programs of the workflows aren't installed: their packages are imported from where they lie."""

from __future__ import annotations

import sys
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"

for programs in (TEMPLATES / "imaging" / "bin", TEMPLATES / "crds_delivery" / "bin"):
    if str(programs) not in sys.path:
        sys.path.append(str(programs))

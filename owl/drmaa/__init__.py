"""DRMAA 1.0 (GFD.133) for HTCondor: ``libdrmaa.so`` and what is under it.

The package stands alone: it imports nothing else of OWL and any DRMAA program may use the
library. ``libdrmaa.so`` is C only at its very edge (``shim.c``); every function is Python
(``interface.py``) on top of HTCondor's own bindings, ``htcondor2``.

Only the location of the library is part of the package's Python interface; programs use the
C interface, or PyPI's ``drmaa``.
"""

from __future__ import annotations

from pathlib import Path


def library_path() -> Path:
    """Where ``libdrmaa.so`` is (or will be once it is built): the value for ``DRMAA_LIBRARY_PATH``."""
    return Path(__file__).resolve().parent / "libdrmaa.so"


def header_path() -> Path:
    """Where ``drmaa.h`` is, for C programs."""
    return Path(__file__).resolve().parent / "drmaa.h"

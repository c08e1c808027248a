"""Sites for the tests of the whole chain."""

from __future__ import annotations

from tests.fixtures.plugin import desk, site

__all__ = ["desk", "site"]

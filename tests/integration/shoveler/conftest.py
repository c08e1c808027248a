"""Sites for the tests of the governed shoveler."""

from __future__ import annotations

from tests.fixtures.plugin import desk, site

__all__ = ["desk", "site"]

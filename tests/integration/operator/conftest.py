"""Sites for the tests of what operators do to running work."""

from __future__ import annotations

from tests.fixtures.plugin import desk, site

__all__ = ["desk", "site"]

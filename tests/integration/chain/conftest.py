"""Sites for the tests of the whole chain."""

from __future__ import annotations

from tests.fixtures.plugin import site

__all__ = ["site"]

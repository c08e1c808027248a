"""Pollers: files that arrive in a directory become requests in the DPQ, each exactly once.

For other kinds of pollers: `Kind`, `File`, `NotYet`, `Reject`.
"""

from owl.poller.interface import File, Kind, NotYet, Reject

__all__ = ["File", "Kind", "NotYet", "Reject"]

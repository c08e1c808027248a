"""Notices: what operators are told of by webhook and e-mail, and who looks for it."""

from owl.notices.herald import Herald

__all__ = ["Herald"]

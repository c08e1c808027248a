"""The rescue server: one a user, beside a schedd; it readies what its user's failed runs need to go on."""

from owl.rescue.service import RescueServer

__all__ = ["RescueServer"]

"""A free TCP port on loopback."""

from __future__ import annotations

import random
import socket

from owl.errors import PoolError
from owl.pool.configuration import LOOPBACK

# Below the range that kernels take for outgoing connections (ip_local_port_range, 32768 and up), so that no
# connection gets hold of the port while the pool is down.
FIRST, LAST = 20000, 31999
ATTEMPTS = 200


def is_free(port: int) -> bool:
    """Whether a daemon could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_port(preferred: int | None = None) -> int:
    """`preferred` if it is free, else another free port.

    Raises:
        PoolError: none was found.
    """
    if preferred is not None and is_free(preferred):
        return preferred
    for port in random.SystemRandom().sample(range(FIRST, LAST + 1), ATTEMPTS):
        if is_free(port):
            return port
    raise PoolError(f"no free port on {LOOPBACK} between {FIRST} and {LAST}: stop what listens there")

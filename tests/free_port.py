"""Ports for servers in processes of their own, which must be told theirs before they listen.

One that the system chose would be free for anybody again until the server comes up: it is below those that
the system chooses from, and no two processes of a test run look at the same ones first.
"""

import itertools
import os
import socket

FIRST, COUNT = 20_000, 10_000  # Linux gives away 32768 and above: net.ipv4.ip_local_port_range

_numbers = itertools.count(os.getpid() * 97)


def free_port() -> int:
    """A loopback port on which nobody listens."""
    for number in itertools.islice(_numbers, COUNT):
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", FIRST + number % COUNT))
            except OSError:
                continue
            port: int = tried.getsockname()[1]
            return port
    raise OSError(f"none of the ports from {FIRST} to {FIRST + COUNT} is free")

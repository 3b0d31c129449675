"""Where a webhook may go: not into the network that the companion itself stands in, unless its owner says so.

A name is looked up once, its addresses are judged, and the connection goes to the address that was judged:
a name that changes its mind in between leads nowhere else.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

import msgspec

from repbeat.webhooks.errors import BadTarget

LONGEST = 500
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: IPv4 addresses in IPv6 ones


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """An address that may be connected to, and what to ask for there; `host` as it was written."""

    address: str
    port: int
    host: str
    secure: bool
    path: str

    @property
    def url(self) -> str:
        """By the address that was judged."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self.secure else 'http'}://{address}:{self.port}{self.path}"

    @property
    def named(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def check(url: str, *, private: bool) -> tuple[str, int, bool, str]:
    """(host, port, secure, path) of an address as it is written; BadTarget if it cannot be one.

    `private`: http and the local network are allowed.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadTarget(f"that is no address: {error}") from error
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise BadTarget(f"an address has up to {LONGEST} plain characters: encode others as %XX")
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise BadTarget("give the whole address, as https://example.org/hook")
    if parts.scheme == "http" and not private:
        raise BadTarget("use https: what is sent says who trained when")
    if parts.username is not None or parts.fragment:
        raise BadTarget("give the address without a name, password or #: the signature proves who sends")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    secure = parts.scheme == "https"
    return parts.hostname, port or (443 if secure else 80), secure, path


def resolved(url: str, *, private: bool) -> Target:
    """The address to connect to now; BadTarget if there is none that may be."""
    host, port, secure, path = check(url, private=private)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadTarget(f"{host} is not found: check the address, and this computer's network") from error
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not private and not is_public(address):
            raise BadTarget(
                f"{host} is in a private network: nothing is sent there unless the companion's settings "
                "say private_webhooks = true"
            )
    return Target(address=addresses[0], port=port, host=host, secure=secure, path=path)


def is_public(address: str) -> bool:
    """Whether an address is of the internet at large, in whatever way it is written."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64 or ip.sixtofour or ip.teredo:
            return False  # an IPv4 address in disguise, and no server's own
        ip = ip.ipv4_mapped or ip
    return ip.is_global and not ip.is_multicast

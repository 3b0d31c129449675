"""How a companion lets people in: by account, or openly, which the loopback interface alone may do."""

from __future__ import annotations

import ipaddress

import msgspec


class Open(msgspec.Struct, frozen=True):
    """Whoever sits at this computer sees and may do everything; `why` names the purpose, as "demo".

    Requests from another machine are refused, and those that a page of another site sends through the
    browser here: the address and the name that is asked for must both be this computer's.
    """

    why: str


class Accounts(msgspec.Struct, frozen=True):
    """People sign in. Until there is an account, `setup_code` makes the first one; None: the command line."""

    setup_code: str | None = None


Access = Open | Accounts


def is_loopback(address: str | None) -> bool:
    """Whether a peer's address is this computer."""
    ip = _ip(address)
    return ip is not None and ip.is_loopback


def is_local(address: str | None) -> bool:
    """Whether a peer's address is this computer's or of a private network (RFC 1918, RFC 4193)."""
    ip = _ip(address)
    return ip is not None and ip.is_private


def is_loopback_host(host: str) -> bool:
    """Whether a Host header names this computer, with a port or without."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.strip("[]").casefold()
    return name == "localhost" or is_loopback(name)


def _ip(address: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """None for what is no address. A server of both protocols names IPv4 peers as ::ffff:192.168.1.7."""
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip

"""What is heard of a cardio machine that speaks the Fitness Machine Service."""

from __future__ import annotations

from collections.abc import Callable

from repbeat.hub import ftms

UUID = "{:08x}-0000-1000-8000-00805f9b34fb"

# (address, name, kind, values) of each moment
Take = Callable[[str, str, str, ftms.Values], None]


def ears(take: Take, address: str, name: str) -> dict[str, Callable[[bytes], None]]:
    """For `listening`: a machine has one of three characteristics."""
    return {UUID.format(number): _moments(take, address, name, number) for number in ftms.KINDS}


def _moments(take: Take, address: str, name: str, number: int) -> Callable[[bytes], None]:
    moments = ftms.Moments(number)

    def hear(value: bytes) -> None:
        values = moments.take(value)
        if values:
            take(address, name, ftms.KINDS[number], values)

    return hear

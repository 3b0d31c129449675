"""Partitions of the flash by their label."""

from esp32 import Partition


def find(label: str) -> Partition | None:
    """A data partition; None where the board's flash has none of that name."""
    found = Partition.find(Partition.TYPE_DATA, label=label)
    return found[0] if found else None

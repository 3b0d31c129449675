"""Records into the store: kept, then acknowledged, and derivable anew for all history."""

from repbeat.ingest.batch import Stored, ingest
from repbeat.ingest.rederive import rederive

__all__ = ["Stored", "ingest", "rederive"]

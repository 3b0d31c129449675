"""History computed anew: all derived rows are dropped and made again from the raw records."""

from __future__ import annotations

from collections.abc import Callable

from repbeat.ingest import days, expand
from repbeat.store import derived
from repbeat.store import records as store
from repbeat.store.database import Database


def rederive(
    db: Database, now_ms: int, device_id: str | None = None, progress: Callable[[int], None] | None = None
) -> int:
    """Derive every row of one device, or of all, from its records; the number of records read.

    One transaction a log: readers see the old rows until the new ones are whole. `progress` is told the
    records done so far. Clock readings keep the moment of their arrival, and so what was judged then.
    """
    done = 0
    for device, log_id in store.logs(db, device_id):
        with db.atomic():
            athletes = derived.forget(db, device, log_id)
            for page in store.of_log(db, device, log_id):
                store.add_flags(db, expand.expand(db, page, now_ms).flags)
                done += len(page)
                if progress is not None:
                    progress(done)
            for athlete_id in athletes:  # a session may be on another day now, or gone
                days.refresh(db, athlete_id)
    return done

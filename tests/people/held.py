"""What a database holds of an athlete, for tests to compare."""

from collections.abc import Iterable

from repbeat.people import holdings
from repbeat.people.holdings import Range, Table
from repbeat.store import Database


def rows(db: Database, table: Table, athlete_id: str, of: Iterable[Range]) -> list[dict]:
    """All rows of a table at once."""
    with db.snapshot():
        return [row for page in holdings.pages(db, table, athlete_id, of) for row in page]

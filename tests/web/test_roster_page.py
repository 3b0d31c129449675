"""The coach's roster: days as a calendar counts them, and the way to what waits for a decision."""

from datetime import UTC, datetime, timedelta

from repbeat.store import Database, athletes, sessions
from repbeat.web.access import Open
from repbeat.web.app import create_app


def _roster(db: Database, at: datetime) -> str:
    client = create_app(db, unix_s=at.timestamp, access=Open("test")).test_client()
    return client.get("/roster").get_data(as_text=True)


def test_a_session_of_yesterday_evening_is_a_day_ago_in_the_morning(trained: Database) -> None:
    (last,) = sessions.latest(trained, athletes.named(trained, "Athlete A").athlete_id, 1)
    assert last.start_ms
    then = datetime.fromtimestamp(last.start_ms / 1000, UTC)
    assert "</a>: today" in _roster(trained, then)
    morning = (then + timedelta(days=1)).replace(hour=6, minute=0)
    assert "</a>: 1 day ago" in _roster(trained, morning)
    assert "</a>: 3 days ago" in _roster(trained, morning + timedelta(days=2))

"""From a reported note to the administrator: seen there alone, settled, told to whoever reported it."""

import re

import pytest
from web.town import Town

from repbeat.community import encouragement, invites
from repbeat.people import accounts, audit, tenants
from repbeat_tools.sample import NOW_MS


@pytest.fixture
def note(town: Town) -> encouragement.Note:
    """A note of the athlete to Ann, in a group of both."""
    group = tenants.add_group(town.db, tenants.HOME, "Early birds")
    (own,) = accounts.owned(town.db, town.ann.account_id)
    for account, athlete_id in ((town.ann, own), (town.people["athlete"], None)):
        text = invites.invite(town.db, group.gym_id, group.group_id, NOW_MS)
        invites.accept(town.db, text, account.account_id, athlete_id, "Nick", NOW_MS)
    return encouragement.send(town.db, town.people["athlete"].account_id, own, "Lazy again?", NOW_MS)


def test_a_report_reaches_the_administrators_and_nobody_else(town: Town, note: encouragement.Note) -> None:
    admin = town.client(town.people["administrator"])
    assert "Lazy again?" not in admin.get("/people/reported").text  # nobody's notes but reported ones
    ann = town.client(town.ann)
    assert "Lazy again?" in ann.get("/together").text
    ann.post(f"/together/notes/{note.note_id}/report")
    assert "Lazy again?" not in ann.get("/together").text

    assert re.search(r"Reported notes</a> \(1\)", admin.get("/people").text)
    page = admin.get("/people/reported").text
    assert "Lazy again?" in page
    assert "Athlete to Athlete A" in page
    for who in ("athlete", "coach", "operator"):
        assert town.client(town.people[who]).get("/people/reported").status_code == 403

    answer = admin.post(f"/people/reported/{note.note_id}", follow_redirects=True)
    assert "The note is deleted." in answer.text
    assert "Lazy again?" not in answer.text
    assert encouragement.reported(town.db) == []
    assert any(one.action == "settled" for one in audit.of_athlete(town.db, note.athlete_id))


def test_what_nobody_reported_cannot_be_deleted(town: Town, note: encouragement.Note) -> None:
    admin = town.client(town.people["administrator"])
    assert admin.post(f"/people/reported/{note.note_id}").status_code == 404
    assert encouragement.of_athlete(town.db, note.athlete_id) == [note]

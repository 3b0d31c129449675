"""Each operation says what the store says, to whom it may, and nothing else."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from api.conftest import PREFIX, Caller
from flask.testing import FlaskClient
from web.sample import DEVICE, LOG
from web.town import Town

from repbeat.api.routes import EVERY
from repbeat.coach import desk, shelf
from repbeat.people import consent, tokens
from repbeat.store import Database, oxygen, plans, session_pages, sessions
from repbeat_protocol import exercises
from repbeat_protocol import plan as plan_format
from repbeat_tools.sample import NOW_MS

SESSION = f"{DEVICE}-{LOG:08x}-2"
SQUAT = exercises.code("squat")


def test_me(ann: Caller, athlete_id: str) -> None:
    found = ann.get("/me")
    assert found["name"] == "Ann"
    assert found["athletes"] == [athlete_id]
    assert set(found["scopes"]) == set(tokens.SCOPES)


def test_a_session_with_its_sets_and_repetitions(ann: Caller, athlete_id: str, town: Town) -> None:
    (listed,) = ann.get("/sessions")["items"]
    found = ann.get(f"/sessions/{SESSION}")
    assert listed == found
    assert (found["athlete_id"], found["sets"], found["reps"]) == (athlete_id, 3, 30)
    assert found["volume_kg"] == 1800
    assert found["heart"]["strain"] == 3.4
    sets = ann.get(f"/sessions/{SESSION}/sets")["items"]
    assert [one["ended_after_s"] for one in sets] == [35.0, 125.0, 215.0]
    assert {(one["exercise"], one["load_kg"], one["end_reason"]) for one in sets} == {("squat", 60, "target")}
    reps = ann.get(f"/sessions/{SESSION}/reps")["items"]
    assert len(reps) == 30
    assert all(one["counted"] and one["concentric_ms"] == 900 for one in reps)


def test_heart_rate_second_by_second(ann: Caller) -> None:
    found = ann.get(f"/sessions/{SESSION}/heart")
    assert found["at_s"] == [float(n) for n in range(len(found["at_s"]))]
    assert len(found["at_s"]) > 200
    values = [bpm for bpm in found["bpm"] if bpm is not None]
    assert 70 <= min(values) <= max(values) <= 130
    assert {
        bpm for bpm, state in zip(found["bpm"], found["quality"], strict=True) if state == "no value"
    } == {None}
    assert set(found["source"]) == {"optical"}
    assert ann.get(f"/sessions/{SESSION}/rr") == {"at_s": [], "rr_ms": []}


def test_muscle_oxygen_of_who_wore_a_sensor(
    ann: Caller, caller: Callable[..., Caller], athlete_id: str, town: Town
) -> None:
    # Row 20.
    path = f"/sessions/{SESSION}/oxygen"
    assert ann.get(path) == {"at_s": [], "smo2_percent": [], "thb_g_dl": [], "quality": []}
    start_ms = ann.get(f"/sessions/{SESSION}")["start_ms"]
    told = [
        (-1000, oxygen.OK, 700, 1201),
        (500, oxygen.OK, 655, 1210),
        (1500, oxygen.AMBIENT_LIGHT, None, None),
    ]
    samples = [oxygen.Sample(start_ms + at_ms, *values) for at_ms, *values in told]
    oxygen.keep(town.db, athlete_id, "C4:00:00:00:00:20", samples)
    assert ann.get(path) == {
        "at_s": [0.5, 1.5],
        "smo2_percent": [65.5, None],
        "thb_g_dl": [12.1, None],
        "quality": ["ok", "ambient light"],
    }
    coach = town.people["coach"]
    consent.give(town.db, athlete_id, "account", coach.account_id, ["sessions", "heart"], NOW_MS)
    caller(coach).get(path, 404)  # the heart is another kind of data
    consent.give(town.db, athlete_id, "account", coach.account_id, ["oxygen"], NOW_MS)
    assert caller(coach).get(path)["smo2_percent"] == [65.5, None]
    assert "muscle oxygen" in town.client(town.ann).get(f"/privacy/{athlete_id}").get_data(as_text=True)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_a_token_without_the_scope_is_refused(
    town: Town, caller: Callable[..., Caller], athlete_id: str, one: Any
) -> None:
    others = set(tokens.SCOPES) - {one.access.scope}
    names = {
        "athlete_id": athlete_id,
        "session_id": SESSION,
        "device_id": DEVICE,
        "consent_id": "0" * 32,
        "proposal_id": "0" * 16,
        "revision": "2",
        "day": "2026-11-25",
        "webhook_id": "0" * 32,
    }
    path = one.path.format(**names)
    answer = caller(town.ann, others).ask(one.method, path, 403, json={})
    assert repr(one.access.scope) in answer["detail"]


def test_what_one_may_not_see_is_not_there(
    town: Town, caller: Callable[..., Caller], athlete_id: str
) -> None:
    coach = caller(town.people["coach"])
    for path in (f"/sessions/{SESSION}", f"/athletes/{athlete_id}", f"/sessions?athlete_id={athlete_id}"):
        hidden = coach.get(path, 404)
        gone = coach.get(path.replace(athlete_id, "0" * 32).replace(SESSION, f"{DEVICE}-{LOG:08x}-77"), 404)
        assert hidden["title"] == gone["title"]
    consent.give(
        town.db, athlete_id, "account", town.people["coach"].account_id, ["sessions", "heart"], NOW_MS
    )
    assert coach.get(f"/sessions/{SESSION}")["heart"]["strain"] == 3.4
    # A token may do less than its account.
    narrow = caller(town.people["coach"], [tokens.READ])
    assert narrow.get(f"/sessions/{SESSION}")["heart"] is None
    narrow.get(f"/sessions/{SESSION}/heart", 403)


def _many(athlete_id: str) -> list[sessions.Session]:
    """Sixty sessions: six without a clock, and three at each moment."""
    return [
        sessions.Session(
            device_id=DEVICE,
            log_id=LOG,
            session_seq=number,
            athlete_id=athlete_id,
            start_ms=None if number % 10 == 0 else NOW_MS - number // 3 * 60_000,
        )
        for number in range(100, 160)
    ]


def test_every_page_of_a_long_list_comes_once(town: Town, ann: Caller, athlete_id: str) -> None:
    for row in _many(athlete_id):
        sessions.put(town.db, row)
    seen: list[str] = []
    after = ""
    while True:
        page = ann.get(f"/sessions?limit=7{after}")
        seen += [one["session_id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
        # What is added meanwhile moves nothing.
        newer = msgspec.structs.replace(row, session_seq=len(seen) + 1000, start_ms=NOW_MS + 1)
        sessions.put(town.db, newer)
    mine = [one for one in seen if int(one.rsplit("-", 1)[1]) < 1000]
    assert len(mine) == len(set(mine)) == 61
    starts = [sessions.get(town.db, _key(one)).start_ms for one in mine]
    assert starts[:6] == [None] * 6
    assert starts[6:] == sorted(starts[6:], reverse=True)


def test_pages_follow_one_order_on_either_engine(either: Database) -> None:
    for row in _many("a"):
        sessions.put(either, row)
    places = [session_pages.place(one) for one in session_pages.page(either, "a", 100)]
    paged: list[session_pages.Place] = []
    while more := session_pages.page(either, "a", 7, paged[-1] if paged else None):
        paged += [session_pages.place(one) for one in more]
    assert paged == places == sorted(places, reverse=True)
    assert len(paged) == 60


def _key(session_id: str) -> sessions.Key:
    device_id, log, number = session_id.split("-")
    return sessions.Key(device_id, int(log, 16), int(number))


def test_an_unchanged_answer_is_not_sent_again(town: Town, ann: Caller) -> None:
    client: FlaskClient = town.client(None)
    first = client.get(f"{PREFIX}/sessions/{SESSION}", headers=ann.headers)
    headers = {**ann.headers, "If-None-Match": first.headers["ETag"]}
    again = client.get(f"{PREFIX}/sessions/{SESSION}", headers=headers)
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in again.headers["Vary"]
    row = sessions.get(town.db, sessions.Key(DEVICE, LOG, 2))
    sessions.put(town.db, msgspec.structs.replace(row, rpe=9))
    changed = client.get(f"{PREFIX}/sessions/{SESSION}", headers=headers)
    assert changed.status_code == 200
    assert changed.get_json()["rpe"] == 9


def test_consents_are_given_and_end(
    town: Town, caller: Callable[..., Caller], ann: Caller, athlete_id: str
) -> None:
    path = f"/athletes/{athlete_id}/consents"
    coach = caller(town.people["coach"])
    wrong = ann.ask(
        "POST", path, 422, json={"grantee_kind": "account", "grantee": "Zoe", "scopes": ["heart"]}
    )
    assert "ask them" in wrong["detail"]
    given = ann.ask(
        "POST", path, 201, json={"grantee_kind": "account", "grantee": "coach", "scopes": ["sessions"]}
    )
    coach.get(f"/sessions/{SESSION}")
    (one,) = given["items"]
    ann.ask("DELETE", f"{path}/{one['consent_id']}", 204)
    coach.get(f"/sessions/{SESSION}", 404)
    assert ann.get(path)["items"][0]["revoked_ms"] == NOW_MS
    coach.ask("DELETE", f"{path}/{one['consent_id']}", 404)


def test_a_check_in_counts_at_once(ann: Caller, athlete_id: str, town: Town) -> None:
    path = f"/athletes/{athlete_id}/check-ins/2026-10-26"
    found = ann.ask("PUT", path, json={"sleep": 4, "fatigue": 4, "soreness": 3, "stress": 5, "mood": 4})
    assert found["day"] == "2026-10-26"
    wellness = next(one for one in found["readings"] if one["signal"] == "wellness")
    assert (wellness["bad"], wellness["value"]) == (False, 4.0)
    ann.ask("PUT", path, json={"unwell": True})
    assert [flag.kind for flag in shelf.flags(town.db, athlete_id)] == ["unwell"]
    assert "mood" in ann.ask("PUT", path, 422, json={"mood": 6})["detail"]
    assert "years" in ann.ask("PUT", path.replace("2026", "0001"), 422, json={})["detail"]


def _proposal(town: Town, athlete_id: str) -> str:
    """A proposal that waits: the plan of the session in force, the planner asked."""
    tag = plans.latest(town.db, athlete_id).wire().athlete  # type: ignore[union-attr]
    plans.set_status(town.db, athlete_id, 2, plans.REFUSED)
    content = plan_format.encode(
        plan_format.Plan(1, [plan_format.Item(SQUAT, 3, 8, 10, 60000, 60)], "Lower body", tag)
    )
    in_force = plans.Plan(
        athlete_id=athlete_id,
        revision=1,
        previous_revision=None,
        created_ms=NOW_MS - 1,
        origin=plans.PERSON,
        status=plans.APPLIED,
        reason="",
        content=content,
    )
    plans.put(town.db, in_force, [])
    filed = desk.propose_next(town.db, athlete_id, NOW_MS)
    assert filed.plan is not None, filed.why_not
    (kept,) = shelf.proposals(town.db, athlete_id)
    return kept.proposal_id


def test_a_proposal_is_explained_and_decided(
    town: Town, ann: Caller, caller: Callable[..., Caller], athlete_id: str
) -> None:
    proposal_id = _proposal(town, athlete_id)
    path = f"/athletes/{athlete_id}/proposals"
    (found,) = ann.get(path)["items"]
    assert found == ann.get(f"{path}/{proposal_id}")
    (change,) = found["changes"]
    assert (change["field"], change["old"], change["new"]) == ("load_g", 60000, 62500)
    assert found["replayed"]
    coach = caller(town.people["coach"])
    decision = f"{path}/{proposal_id}/decision"
    coach.ask("POST", decision, 404, json={"decision": "approve"})
    consent.give(
        town.db, athlete_id, "account", town.people["coach"].account_id, ["coaching", "plans"], NOW_MS
    )
    decided = coach.ask("POST", decision, json={"decision": "approve", "reason": "good form"})
    assert [(one["actor"], one["act"], one["reason"]) for one in decided["acts"]] == [
        ("Coach", "approve", "good form")
    ]
    (revision,) = [one for one in ann.get(f"/athletes/{athlete_id}/plans")["items"] if one["proposal_id"]]
    assert revision["status"] == "pending"
    plans.set_status(town.db, athlete_id, revision["revision"], plans.APPLIED)
    late = ann.ask("POST", decision, 409, json={"decision": "reject"})
    assert "wait for the next proposal" in late["detail"]


def test_the_light_session_is_taken(town: Town, ann: Caller, athlete_id: str) -> None:
    proposal_id = _proposal(town, athlete_id)
    path = f"/athletes/{athlete_id}/proposals/{proposal_id}/decision"
    ann.ask("POST", path, json={"decision": "lighter"})
    newest = ann.get(f"/athletes/{athlete_id}/plans?limit=1")["items"][0]
    assert newest["status"] == "pending"
    assert newest["items"][0]["sets"] * newest["items"][0]["load_kg"] < 3 * 60


def test_a_plan_is_set_and_checked(ann: Caller, athlete_id: str) -> None:
    path = f"/athletes/{athlete_id}/plans"
    item = {"exercise": "bench_press", "sets": 3, "reps": [8, 10], "load_kg": 60}
    made = ann.ask("POST", path, 201, json={"name": "Push", "items": [item]})
    assert made == ann.get(f"{path}/{made['revision']}")
    assert (made["status"], made["items"][0]["rest_s"]) == ("pending", 120)
    assert (
        "there are: " in ann.ask("POST", path, 422, json={"items": [{**item, "exercise": "nap"}]})["detail"]
    )
    assert "sets" in ann.ask("POST", path, 422, json={"items": [{**item, "sets": 99}]})["detail"]


def test_devices_say_what_is_missing(town: Town, ann: Caller, caller: Callable[..., Caller]) -> None:
    (found,) = ann.get("/devices")["items"]
    assert (found["device_id"], found["battery_percent"], found["absent"]) == (DEVICE, 82, [])
    assert found == ann.get(f"/devices/{DEVICE}")
    caller(town.people["coach"]).get(f"/devices/{DEVICE}", 404)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/sessions?limit=0", 422, "limit"),
        ("/sessions?limit=5&limit=6", 422, "once"),
        ("/sessions?size=5", 422, "size"),
        ("/sessions?after=AAAA", 422, "begin without it"),
        ("/sessions/nothing", 404, "session_id"),
        ("/nowhere", 404, ""),
    ],
)
def test_errors_say_what_is_wrong(ann: Caller, path: str, status: int, says: str) -> None:
    found = ann.get(path, status)
    assert found["status"] == status
    assert says in found["detail"]


def test_bodies_are_json_of_the_right_shape(ann: Caller, athlete_id: str) -> None:
    path = f"/athletes/{athlete_id}/consents"
    assert "Content-Type" in ann.ask("POST", path, 415, data="x")["detail"]
    headers = {"Content-Type": "application/json"}
    ann.ask("POST", path, 400, data="{", headers=headers)
    ann.ask("POST", path, 400, data=b'{"grantee": "\xff"}', headers=headers)
    assert "extra" in ann.ask("POST", path, 422, json={"extra": 1})["detail"]
    ann.ask("POST", path, 413, data=b" " * (2 << 20), headers=headers)


def test_no_token_or_a_wrong_one_is_refused(town: Town) -> None:
    for headers in ({}, {"Authorization": "Bearer repbeat_x_y"}, {"Authorization": "Basic eDp5"}):
        answer = town.client(None).get(f"{PREFIX}/me", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "repbeat token" in answer.get_json()["detail"]


def test_a_browser_that_is_signed_in_may_read_and_needs_its_form_token_to_write(
    town: Town, athlete_id: str
) -> None:
    town.app.config["WTF_CSRF_ENABLED"] = True
    client = town.client(town.ann)
    assert client.get(f"{PREFIX}/me").get_json()["scopes"] is None
    refused = client.post(f"{PREFIX}/athletes/{athlete_id}/plans", json={"items": []})
    assert refused.status_code == 400

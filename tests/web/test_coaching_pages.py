"""Proposals, check-in, questions before training and programmes as pages: who may, and what comes of it."""

import io
import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from web.town import Town

from repbeat.coach import desk, recovery, shelf
from repbeat.coach.programmes import library
from repbeat.coach.rules import Chance, DoneSet, Prescribed, Trial, next_load
from repbeat.coach.situation import Bounds
from repbeat.derive.hrv import Morning
from repbeat.people import accounts, consent
from repbeat.store import plans
from repbeat.web import evidence
from repbeat_protocol import exercises
from repbeat_tools.sample import NOW_MS

DAY_MS = 86_400_000


class Case:
    """Ann after a bad night and a low week: her plan in force, and the proposal that came of the morning."""

    def __init__(self, town: Town) -> None:
        self.town, self.db = town, town.db
        (self.ann,) = accounts.owned(town.db, town.ann.account_id)
        plans.set_status(self.db, self.ann, 2, plans.APPLIED)
        today = desk.day_of(NOW_MS, 0)
        for ago in range(75, -1, -1):
            even = 1 if ago % 2 else -1
            night = Morning(
                today - timedelta(days=ago),
                "band",
                40.0 if ago < 7 else 50.0 + 3 * even,
                55.0 + even,
                300.0 if ago == 0 else 450.0 + 10 * even,
            )
            recovery.add_morning(self.db, self.ann, night)
        filed = desk.propose_next(self.db, self.ann, NOW_MS)
        self.revision = filed.plan.revision
        self.proposal = shelf.of_revision(self.db, self.ann, self.revision).proposal_id

    def coached(self, *scopes: str) -> FlaskClient:
        """The coach's browser, with these consents."""
        coach = self.town.people["coach"]
        if scopes:
            consent.give(self.db, self.ann, "account", coach.account_id, scopes, NOW_MS)
        return self.town.client(coach)

    @property
    def hers(self) -> FlaskClient:
        return self.town.client(self.town.ann)

    def status(self) -> str:
        return plans.get(self.db, self.ann, self.revision).status

    def path(self, act: str = "") -> str:
        return f"/explain/{self.proposal}" + (f"/{act}" if act else "")


@pytest.fixture
def case(town: Town) -> Case:
    return Case(town)


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True)))


def test_the_explanation_lists_inputs_scores_rules_and_the_replay(case: Case) -> None:
    # Row 69: inputs, rule, numbers.
    page = text(case.hers, case.path())
    assert "Readiness that morning: Take it easier" in page
    assert re.search(r"sleep off 5:00 h 7:3\d h −\d+\.\d 60 band", page)
    assert "Two signs of poor recovery agree" in page
    assert "Rule: fewer sets when two signs of poor recovery agree (version 1)" in page
    assert "the planner says the same again" in page
    assert "less surely on darker skin" in page
    assert "3 → 2" in page


def test_every_input_of_every_rule_has_peoples_words_in_each_language(case: Case) -> None:
    asked = Prescribed(sets=3, reps_low=8, reps_high=10, load_g=80_000)
    done = tuple(DoneSet(reps=10, load_g=80_000, confidence=90) for _ in range(3))
    likely = Chance(value=0.81, sure=True, sessions=12)
    inputs = next_load(
        exercises.code("squat"), (Trial(prescribed=asked, done=done),), asked, chance=likely
    ).inputs
    english = {
        "Repetitions done": "10, 10, 10",
        "Loads lifted": "80 kg, 80 kg, 80 kg",
        "Sets and repetitions asked for": "3 × 8–10",
        "How it went": "every set reached the top of the range",
        "Sessions below the range, in a row": "0",
        "Load asked for a week ago": "80 kg",
        "Repetitions asked for a week ago, at most": "10",
        "Largest rise within a week": "10\N{NO-BREAK SPACE}%",
        "Smallest step of load": "2.5 kg",
        "Readiness that day": "Not known yet",
        "Felt unwell, not cleared": "no",
        "Chance that the raised load goes well": "81\N{NO-BREAK SPACE}%",
        "Sessions that this chance is learned from": "12",
    }
    with case.town.app.test_request_context():
        assert dict(evidence.rows(inputs)) == english
    for language in ("de", "es", "ar"):
        with case.town.app.test_request_context(headers={"Accept-Language": language}):
            told = dict(evidence.rows(inputs))
        assert len(told) == len(english)
        assert not told.keys() & english.keys()


def test_a_coach_without_consent_sees_nothing_and_with_it_decides(case: Case) -> None:
    # Row 16.
    assert case.coached().get(case.path()).status_code == 404
    coach = case.coached(consent.PLANS)
    page = text(coach, case.path())
    assert "Two signs" in page
    assert "z-score" not in page  # readiness is another consent
    assert "Approve" not in page
    assert coach.post(case.path("approve")).status_code == 404
    coach = case.coached(consent.COACHING, consent.VALUES, consent.SESSIONS)
    assert "z-score" in text(coach, case.path())
    assert coach.post(case.path("approve"), data={"reason": "rest well"}).status_code == 302
    assert case.status() == plans.PENDING
    kept = shelf.proposal(case.db, case.proposal)
    assert [(act.actor, act.act, act.reason) for act in shelf.acts(case.db, kept)] == [
        ("Coach", "approve", "rest well")
    ]
    assert "rest well" in text(case.hers, case.path())
    assert "approve" in text(case.hers, f"/privacy/{case.ann}")


def test_edit_reject_and_comment(case: Case) -> None:
    coach = case.coached(consent.PLANS, consent.COACHING)
    coach.post(case.path("comment"), data={"reason": "how was the night?"})
    assert coach.post(case.path("comment"), data={"reason": " "}).status_code == 422
    assert case.status() == plans.PROPOSED
    refused = coach.post(case.path("edit"), data={"sets-0": "90"}, follow_redirects=True)
    assert "sets is 90, allowed is 1 to 20" in refused.get_data(as_text=True)
    unread = coach.post(case.path("edit"), data={"load-0": "5O"}, follow_redirects=True)
    assert "5O is no number" in unread.get_data(as_text=True)
    assert case.status() == plans.PROPOSED
    coach.post(case.path("edit"), data={"sets-0": "1", "load-0": "52,5", "reason": "even less"})
    newest = plans.latest(case.db, case.ann)
    assert (newest.status, newest.origin) == (plans.PENDING, plans.PERSON)
    assert [(item.sets, item.load_g) for item in newest.wire().items] == [(1, 52_500)]
    gone = coach.post(case.path("reject"), data={"reason": "late"}, follow_redirects=True)
    assert "already superseded" in gone.get_data(as_text=True)


def test_where_a_coach_is_required_the_athlete_may_only_go_lighter(case: Case) -> None:
    # Row 17.
    shelf.set_coaching(case.db, case.ann, Bounds(coach_required=True), shelf.coaching(case.db, case.ann)[1])
    plans.set_status(case.db, case.ann, case.revision, plans.SUPERSEDED)
    filed = desk.propose_next(case.db, case.ann, NOW_MS, approved=True)
    case.revision = filed.plan.revision
    case.proposal = shelf.of_revision(case.db, case.ann, case.revision).proposal_id
    assert case.status() == plans.PROPOSED
    assert "your coach decides" in text(case.hers, case.path())
    assert case.hers.post(case.path("approve")).status_code == 403
    assert case.hers.post(case.path("edit"), data={"sets-0": "3"}).status_code == 403
    assert case.status() == plans.PROPOSED
    assert case.coached(consent.PLANS, consent.COACHING).post(case.path("lighter")).status_code == 404
    case.hers.post(case.path("lighter"))
    newest = plans.latest(case.db, case.ann)
    assert newest.status == plans.PENDING
    assert [item.sets for item in newest.wire().items] == [2]


def test_the_check_in_is_kept_and_asks_for_todays_plan(case: Case) -> None:
    # Row 41.
    assert f"/check-in/{case.ann}" in case.hers.get("/check-in").location
    page = case.hers.get(f"/check-in/{case.ann}").get_data(as_text=True)
    assert page.count('type="radio"') == 25
    answers = {"sleep": "1", "fatigue": "2", "soreness": "2", "stress": "2", "mood": "2"}
    done = case.hers.post(f"/check-in/{case.ann}", data=answers)
    # The third sign: the light session takes the place of the cut that waited.
    assert case.status() == plans.SUPERSEDED
    newest = plans.latest(case.db, case.ann)
    kept = shelf.of_revision(case.db, case.ann, newest.revision)
    assert (kept.decided().kind.value, kept.proposal_id in done.location) == ("light", True)
    today = desk.day_of(NOW_MS, 0)
    (entry,) = recovery.check_ins(case.db, case.ann, today, 0)
    assert entry.answers == (1, 2, 2, 2, 2)
    assert case.hers.post(f"/check-in/{case.ann}", data={"sleep": "9"}).status_code == 422
    empty = case.hers.post(f"/check-in/{case.ann}", data={}, follow_redirects=True)
    assert "Nothing was answered" in empty.get_data(as_text=True)


def test_feeling_unwell_is_a_red_flag_until_somebody_clears_it(case: Case) -> None:
    done = case.hers.post(f"/check-in/{case.ann}", data={"unwell": "1"}, follow_redirects=True)
    assert "seek help" in done.get_data(as_text=True)
    assert "feeling unwell" in text(case.hers, f"/health/{case.ann}")
    (flag,) = shelf.flags(case.db, case.ann)
    assert case.coached(consent.PLANS).post(f"/flags/{case.ann}", data={}).status_code == 404
    coach = case.coached(consent.COACHING)
    assert coach.post(f"/flags/{case.ann}", data={"flag": flag.flag_id}).status_code == 422
    coach.post(f"/flags/{case.ann}", data={"flag": flag.flag_id, "statement": "Dr. N., by phone"})
    (cleared,) = shelf.flags(case.db, case.ann)
    assert (cleared.cleared_by, cleared.statement) == ("Coach", "Dr. N., by phone")


def test_questions_before_training_are_kept_and_acted_upon(case: Case) -> None:
    # Rows 62 and 77.
    given = {"born_year": "1990", "active": "1", "beta_blocker": "1"}
    page = case.hers.post(f"/health/{case.ann}", data=given, follow_redirects=True).get_data(as_text=True)
    assert "talk to a physician" in page
    _, kept = shelf.coaching(case.db, case.ann)
    assert (kept.born_year, kept.heart_caps, kept.answered) == (1990, False, True)
    assert case.hers.post(f"/health/{case.ann}", data={"sign": "cold feet"}).status_code == 422
    case.hers.post(f"/health/{case.ann}", data={"sign": "chest_discomfort"})
    assert [flag.kind for flag in shelf.flags(case.db, case.ann)] == ["chest_discomfort"]
    case.hers.post(f"/health/{case.ann}/coach", data={"coach_required": "1", "free_percent": "3"})
    bounds, _ = shelf.coaching(case.db, case.ann)
    assert (bounds.coach_required, bounds.free_percent) == (True, 3)
    assert case.hers.post(f"/health/{case.ann}/coach", data={"free_percent": "300"}).status_code == 422


def test_heart_rates_are_said_once_and_go_to_the_band_with_the_plan(case: Case) -> None:
    where = f"/health/{case.ann}"
    assert "Say your year of birth above" in text(case.hers, where)
    case.hers.post(where, data={"born_year": "1986"})
    assert "By your age about 180, give or take 10 (Tanaka 2001)" in text(case.hers, where)
    case.hers.post(where, data={"born_year": "1986", "beta_blocker": "1"})
    assert "By your age about 136, give or take 10 (Brawner 2004)" in text(case.hers, where)
    before = plans.latest(case.db, case.ann)
    assert before is not None
    told = {"resting_bpm": "60", "max_bpm": "190"}
    assert case.hers.post(f"{where}/heart", data=told).status_code == 302
    assert "VO₂max) is about 48 ± 4.5 ml/kg/min" in text(case.hers, where)
    filed = plans.latest(case.db, case.ann)
    assert filed is not None
    assert filed.revision > before.revision
    assert (filed.wire().resting_bpm, filed.wire().max_bpm) == (60, 190)
    case.hers.post(f"{where}/heart", data=told)
    assert plans.latest(case.db, case.ann) == filed, "what is known already needs no new plan"
    for wrong in ({"resting_bpm": "60"}, {"resting_bpm": "190", "max_bpm": "190"}, {}):
        assert case.hers.post(f"{where}/heart", data=wrong).status_code == 422
    assert plans.latest(case.db, case.ann) == filed


def fields_of(page: str) -> dict[str, str]:
    """What a browser without scripts would send of the editor's form."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        at = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in at and (at.get("type") != "checkbox" or " checked" in tag):
            found[at["name"]] = at.get("value", "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = chosen.group(1) if chosen else re.search(r'value="([^"]*)"', options).group(1)
    return found


@pytest.mark.parametrize("slug", sorted(library()))
def test_every_programme_goes_through_the_editor_unchanged(town: Town, slug: str) -> None:
    coach = town.client(town.people["coach"])
    page = coach.get(f"/programmes/{slug}/edit").get_data(as_text=True)
    sent = fields_of(page)
    assert coach.post(f"/programmes/{slug}/edit", data=sent).status_code == 302
    assert shelf.programme(town.db, slug) == library()[slug]


def test_an_angle_range_is_written_and_edited_in_the_editor(town: Town) -> None:
    coach = town.client(town.people["coach"])
    sent = fields_of(coach.get("/programmes/new/edit").get_data(as_text=True))
    knee = {"d0-e0-exercise": "knee_flexion", "d0-e0-angle_low": "30", "d0-e0-angle_high": "90"}
    coach.post("/programmes/new/edit", data={**sent, **knee, "slug": "knee", "name": "Knee"})
    assert shelf.programme(town.db, "knee").days[0].exercises[0].angle_deg == (30, 90)
    again = fields_of(coach.get("/programmes/knee/edit").get_data(as_text=True))
    coach.post("/programmes/knee/edit", data=again)
    assert shelf.programme(town.db, "knee").days[0].exercises[0].angle_deg == (30, 90)
    assert "30–90°" in coach.get("/programmes/knee").get_data(as_text=True)
    narrow = coach.post("/programmes/knee/edit", data={**again, "d0-e0-angle_low": "85"})
    assert "not 10 degrees above" in narrow.get_data(as_text=True)


def test_a_programme_is_written_imported_exported_and_begun(town: Town) -> None:
    coach = town.client(town.people["coach"])
    sent = fields_of(coach.get("/programmes/new/edit").get_data(as_text=True))
    longer = coach.post("/programmes/new/edit", data={**sent, "then": "day"}).get_data(as_text=True)
    assert "Day 2" in longer
    wrong = coach.post("/programmes/new/edit", data={**sent, "d0-e0-sets": "many"})
    assert (wrong.status_code, "days[0].exercises[0].sets" in wrong.get_data(as_text=True)) == (422, True)
    assert 'value="many"' in wrong.get_data(as_text=True)
    coach.post("/programmes/new/edit", data={**sent, "slug": "mine", "name": "Mine"})
    exported = coach.get("/programmes/mine/file")
    content = json.loads(exported.data)
    assert (content["name"], content["days"][0]["exercises"][0]["sets"]) == ("Mine", 3)
    content["slug"] = "mine-2"
    upload = {"file": (io.BytesIO(json.dumps(content).encode()), "mine-2.json")}
    assert coach.post("/programmes", data=upload).location == "/programmes/mine-2"
    bad = coach.post("/programmes", data={"file": (io.BytesIO(b"{}"), "x.json")}, follow_redirects=True)
    assert "x.json: Object missing required field" in bad.get_data(as_text=True)
    ann = town.client(town.ann)
    assert ann.get("/programmes/mine/edit").status_code == 403
    (athlete_id,) = accounts.owned(town.db, town.ann.account_id)
    refused = ann.post("/programmes/mine/start", data={"athlete": athlete_id}, follow_redirects=True)
    assert "year of birth" in refused.get_data(as_text=True)
    assert 'name="then" value="mine"' in refused.get_data(as_text=True)
    ann.post(f"/health/{athlete_id}", data={"born_year": "1990"})
    hard = ann.post("/programmes/five-by-five/start", data={"athlete": athlete_id})
    assert hard.location == "/programmes"  # where gentler ones are
    answers = {"born_year": "1990", "active": "1", "then": "mine"}
    assert ann.post(f"/health/{athlete_id}", data=answers).location == "/programmes/mine"
    ann.post("/programmes/mine/start", data={"athlete": athlete_id})
    assert shelf.enrolment(town.db, athlete_id).content().slug == "mine"
    assert coach.post("/programmes/mine/start", data={"athlete": athlete_id}).status_code == 404


def test_conditioning_follows_the_plan_on_today_and_by_feel_where_the_heart_does_not_tell(town: Town) -> None:
    ann = town.client(town.ann)
    (athlete_id,) = accounts.owned(town.db, town.ann.account_id)
    assert "zone 4 (hard), 3:00 easy between" in text(ann, "/programmes/endurance-base")
    ann.post(f"/health/{athlete_id}", data={"born_year": "1990", "active": "1"})
    ann.post("/programmes/endurance-base/start", data={"athlete": athlete_id})
    assert "Then: 15:00 in zone 2 (steady, in short sentences)" in text(ann, "/")
    ann.post(f"/health/{athlete_id}", data={"born_year": "1990", "active": "1", "beta_blocker": "1"})
    page = text(ann, "/")
    assert "Then: 15:00 by feel: steady, in short sentences" in page
    assert "in zone" not in page


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", ("Vor dem Training", "Die Woche", "Programme")), ("es", ("Antes de entrenar", "La semana"))],
)
def test_the_coachs_pages_are_in_the_viewers_language(case: Case, language: str, words: tuple) -> None:
    ann = case.hers
    coach = case.town.client(case.town.people["coach"])
    own = {f"/health/{case.ann}": ann, f"/learned/{case.ann}": ann, "/programmes": ann}
    pages = {**own, "/programmes/upper-lower": ann, "/programmes/upper-lower/edit": coach}
    said = ""
    for path, client in pages.items():
        answer = client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200
        said += answer.get_data(as_text=True)
    for word in words:
        assert word in said
    for english in (
        "Exercise<",
        "Before training",
        "What is likely",
        "people in general",
    ):
        assert english not in said


def test_a_name_with_a_per_cent_sign_is_shown_as_written(town: Town) -> None:
    coach = town.client(town.people["coach"])
    sent = fields_of(coach.get("/programmes/new/edit").get_data(as_text=True))
    coach.post("/programmes/new/edit", data={**sent, "slug": "mine", "name": "80 % and %s", "for_whom": ""})
    assert "80 % and %s" in text(coach, "/programmes/mine")
    assert "80 % and %s" in text(coach, "/programmes")


def test_what_is_learned_has_a_page(case: Case) -> None:
    page = text(case.hers, f"/learned/{case.ann}")
    assert "usual resting heart rate" in page
    assert "people in general" in page
    assert case.coached(consent.PLANS).get(f"/learned/{case.ann}").status_code == 404

"""Simulated athletes through the real planner: bounds hold, illness is answered, the learner is honest."""

import json
import math
import random
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from repbeat.coach.learn.forecast import Calibration
from repbeat.coach.learn.level import Level
from repbeat.coach.learn.population import Prior
from repbeat.coach.learn.regression import Regression, student, student_90
from repbeat.coach.learn.response import Response
from repbeat.coach.planner import Proposal, plan_session
from repbeat.coach.session_rules import Kind
from repbeat.coach.situation import Situation
from repbeat_tools.simulate import year
from repbeat_tools.simulate.command import simulate
from repbeat_tools.simulate.year import Year


def test_the_command_prints_one_object_and_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "year.png"
    words = ["--athletes", "8", "--weeks", "30", "--seed", "4", "--json", "--plot", str(picture)]
    done = CliRunner().invoke(simulate, words, catch_exceptions=False)
    figures = json.loads(done.stdout)
    assert figures["weeks_within_bounds"] == 1.0
    assert figures["problems"] == []
    assert figures["healthy_alerts_per_month"] <= 1
    assert figures["longest_stall_weeks"] <= 12
    assert figures["deloads"] >= 8 * 4
    assert figures["days_to_lighter_after_illness"] <= 4
    assert figures["strength_gain_median"] > 0.05
    assert 0.7 < figures["learning"]["coverage_90"] <= 1
    assert figures["learning"]["brier_skill"] > 0
    assert picture.stat().st_size > 10_000


def test_every_day_decided_again_from_what_was_known_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    days: list[tuple[bytes, Proposal]] = []

    def kept(situation: Situation) -> Proposal:
        days.append((msgspec.json.encode(situation), plan_session(situation)))
        return days[-1][1]

    monkeypatch.setattr(year, "plan_session", kept)
    Year(6, 26).run()
    assert {proposal.kind for _, proposal in days} == set(Kind)
    for known, proposal in days:
        assert plan_session(msgspec.json.decode(known, type=Situation)) == proposal


def test_a_seed_reproduces_a_year() -> None:
    first, again = Year(3, 8).run(), Year(3, 8).run()
    assert (first.gains, first.rises, first.proposals) == (again.gains, again.rises, again.proposals)
    assert first.estimates == again.estimates
    assert Year(4, 8).run().gains != first.gains


def test_student_agrees_with_the_tables() -> None:
    for freedom, value in ((5, 2.015), (10, 1.812), (30, 1.697)):
        assert student_90(freedom) == pytest.approx(value, abs=0.02)
    assert student(0.0, 7) == pytest.approx(0.5)


def test_a_regression_finds_the_line_and_says_how_surely() -> None:
    rng = random.Random(1)
    held = 0
    for _ in range(200):
        truth = (rng.gauss(0, 1), rng.gauss(0, 1))
        noise = rng.uniform(0.2, 0.8)
        line = Regression.begun((0.0, 0.0), (1.0, 1.0), 0.4)
        for _ in range(25):
            x = rng.uniform(-1, 1)
            line.update((1.0, x), truth[0] + truth[1] * x + rng.gauss(0, noise))
        found = line.estimate((0.0, 1.0))
        held += found.low <= truth[1] <= found.high
    assert 0.85 <= held / 200 <= 0.95


def test_without_data_an_estimate_is_the_populations() -> None:
    usual = Level.begun(Prior(58.0, 7.0), 2.0).usual
    assert (usual.value, usual.seen) == (58.0, 0)
    assert usual.high - usual.low > 20
    response = Response.begun(math.log(100))
    assert not response.sure
    assert response.response.seen == 0


def test_an_outlier_does_not_move_the_usual() -> None:
    level = Level.begun(Prior(58.0, 7.0), 2.0)
    for number in range(30):
        level.update(55.0 + number % 3)
    before = level.usual
    level.update(90.0)
    assert level.usual == before


def test_brier_skill_is_above_zero_only_for_who_knows_more_than_the_average() -> None:
    rng = random.Random(2)
    knowing, guessing = Calibration(), Calibration()
    for _ in range(400):
        chance = rng.choice((0.1, 0.9))
        came_true = rng.random() < chance
        knowing.add(chance, came_true)
        guessing.add(1 - chance, came_true)
    assert knowing.skill > 0.3
    assert guessing.skill < 0
    assert Calibration().skill is None

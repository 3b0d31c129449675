"""Stored sets of machines: under who claimed them or moved with them, else in the pool; in any order."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from gym.logs import BOOTED_MS, S, log_of, meet, reps, send
from hypothesis import given, settings
from hypothesis import strategies as st

from repbeat.gym import attribution, claims, desk, evidence, live, machines, sets
from repbeat.people.erase import erase
from repbeat.store import Database, athletes
from repbeat_tools.sample import NOW_MS

SENSOR, OTHER_SENSOR, BAND, OTHER_BAND = "51", "52", "b1", "b2"
BEGIN_MS = BOOTED_MS + 600 * S


class Gym:
    """Two machines with sensors, Ann and Ben with a band each."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.ann = athletes.add(db, "Ann", NOW_MS, tag=1).athlete_id
        self.ben = athletes.add(db, "Ben", NOW_MS, tag=2).athlete_id
        meet(db, BAND, self.ann)
        meet(db, OTHER_BAND, self.ben)
        self.press = self.machine("Leg press", SENSOR)
        self.row = self.machine("Row", OTHER_SENSOR)

    def machine(self, name: str, sensor: str) -> str:
        meet(self.db, sensor)
        machine_id = machines.add(self.db, name, NOW_MS).machine_id
        machines.mount(self.db, sensor, machine_id, 0)
        return machine_id

    def send(self, device_id: str, records: list) -> None:
        attribution.arrived(self.db, live.touched(send(self.db, device_id, records)))

    def owners(self, machine_id: str | None = None) -> list[str | None]:
        """Whose each set is, in order of time."""
        names = {self.ann: "Ann", self.ben: "Ben", None: None}
        wanted = [machine_id] if machine_id else [self.press, self.row]
        return [names[row.athlete_id] for one in wanted for row in sets.of_machine(self.db, one, 0, 1 << 60)]


@pytest.fixture
def gym(either: Database) -> Gym:
    return Gym(either)


def test_a_set_goes_to_who_claimed_the_machine_and_else_to_the_pool(gym: Gym) -> None:
    done = [reps(n, BEGIN_MS + n * 120 * S) for n in range(4)]
    desk.claim(gym.db, gym.press, gym.ann, done[1][0].start_ms - 5 * S)
    gym.send(SENSOR, log_of(done).records)
    assert gym.owners() == [None, "Ann", "Ann", "Ann"]
    assert desk.give_back(gym.db, gym.press, gym.ann, done[2][0].start_ms - 5 * S)
    assert gym.owners() == [None, "Ann", None, None]
    assert len(sets.unclaimed(gym.db)) == 3
    assert [row.how for row in sets.of_athlete(gym.db, gym.ann)] == [claims.QR]


def test_after_the_time_out_the_last_user_gets_nothing(gym: Gym) -> None:
    done = [reps(n, BEGIN_MS + n * 400 * S) for n in range(3)]
    desk.claim(gym.db, gym.press, gym.ann, BEGIN_MS - 5 * S)
    gym.send(SENSOR, log_of(done).records)
    assert gym.owners() == ["Ann", None, None]
    assert desk.holder(gym.db, gym.press, done[0][-1].end_ms + 200 * S) is not None
    assert desk.holder(gym.db, gym.press, done[1][0].start_ms) is None


def test_a_machine_is_handed_over(gym: Gym) -> None:
    done = [reps(n, BEGIN_MS + n * 120 * S) for n in range(4)]
    gym.send(SENSOR, log_of(done).records)
    assert gym.owners() == [None] * 4
    desk.claim(gym.db, gym.press, gym.ann, BEGIN_MS - 5 * S)
    assert gym.owners() == ["Ann"] * 4
    desk.claim(gym.db, gym.press, gym.ben, done[2][0].start_ms - 5 * S)
    assert gym.owners() == ["Ann", "Ann", "Ben", "Ben"]
    assert not desk.give_back(gym.db, gym.press, gym.ann, done[3][0].start_ms)


def test_two_people_swap_sets_and_nobody_presses_anything(gym: Gym) -> None:
    """Each set is found by the wearable that moved with it, whoever has claimed the machine."""
    press = [reps(n, BEGIN_MS + n * 120 * S) for n in range(4)]
    row = [reps(10 + n, BEGIN_MS + n * 120 * S + 700) for n in range(4)]
    desk.claim(gym.db, gym.press, gym.ann, BEGIN_MS - 5 * S)
    gym.send(SENSOR, log_of(press).records)
    gym.send(OTHER_SENSOR, log_of(row, off_ms=90).records)
    gym.send(BAND, log_of([press[0], row[1], press[2], row[3]], off_ms=-120).records)
    gym.send(OTHER_BAND, log_of([row[0], press[1], row[2], press[3]], off_ms=60).records)
    assert gym.owners(gym.press) == ["Ann", "Ben", "Ann", "Ben"]
    assert gym.owners(gym.row) == ["Ben", "Ann", "Ben", "Ann"]
    found = sets.of_athlete(gym.db, gym.ann)[0]
    assert found.how == claims.MATCH
    assert found.score is not None
    assert found.margin is not None
    assert found.score >= found.margin > 0.2
    (best, *_) = evidence.of_set(gym.db, found.key)
    assert (best.wearable_id, best.athlete_id, best.score) == (BAND, gym.ann, found.score)


def test_two_buttons_pressed_together_are_a_claim(gym: Gym) -> None:
    done = [reps(1, BEGIN_MS), reps(2, BEGIN_MS + 120 * S)]
    elsewhere = [reps(3, BEGIN_MS + 60 * S)]
    gym.send(SENSOR, log_of(done, start_ms=BEGIN_MS - 20 * S).records)
    gym.send(BAND, log_of(elsewhere, start_ms=BEGIN_MS - 19 * S).records)
    assert gym.owners(gym.press) == ["Ann", "Ann"]
    assert sets.of_athlete(gym.db, gym.ann)[0].how == claims.BUTTON
    gym.send(OTHER_BAND, log_of(elsewhere, start_ms=BEGIN_MS - 21 * S).records)
    assert gym.owners(gym.press) == [None, None]  # two people pressed: nobody can tell whose it is


def test_what_a_person_decided_stays(gym: Gym) -> None:
    done = [reps(n, BEGIN_MS + n * 120 * S) for n in range(2)]
    gym.send(SENSOR, log_of(done).records)
    (last, _) = sets.unclaimed(gym.db)
    desk.decide(gym.db, last.key, gym.ben, "", NOW_MS)
    desk.claim(gym.db, gym.press, gym.ann, BEGIN_MS - 5 * S)
    attribution.refresh(gym.db, SENSOR)
    assert gym.owners() == ["Ann", "Ben"]
    desk.decide(gym.db, last.key, None, "", NOW_MS)
    assert gym.owners() == ["Ann", None]


def test_without_a_clock_a_set_waits_in_the_pool(gym: Gym) -> None:
    time, *rest = log_of([reps(1, BEGIN_MS)]).records
    desk.claim(gym.db, gym.press, gym.ann, BEGIN_MS - 5 * S)
    gym.send(SENSOR, rest)
    (waiting,) = sets.unclaimed(gym.db)
    assert (waiting.how, waiting.start_ms) == (attribution.NO_CLOCK, None)
    gym.send(SENSOR, [time])
    assert gym.owners() == ["Ann"]


def test_what_came_in_unheard_is_caught_up_with(gym: Gym) -> None:
    desk.claim(gym.db, gym.press, gym.ann, BEGIN_MS - 5 * S)
    send(gym.db, SENSOR, log_of([reps(1, BEGIN_MS)]).records)
    assert gym.owners() == []
    assert len(attribution.catch_up(gym.db)) == 1
    assert gym.owners() == ["Ann"]
    assert attribution.catch_up(gym.db) == []


def test_a_sensor_that_moves_counts_for_where_it_sits(gym: Gym) -> None:
    done = [reps(n, BEGIN_MS + n * 120 * S) for n in range(2)]
    gym.send(SENSOR, log_of(done).records)
    desk.claim(gym.db, gym.row, gym.ben, BEGIN_MS - 5 * S)
    machines.mount(gym.db, SENSOR, gym.row, done[1][0].start_ms - 5 * S)
    attribution.refresh(gym.db, SENSOR)
    assert gym.owners(gym.press) == [None]
    assert gym.owners(gym.row) == ["Ben"]


def test_who_is_erased_leaves_a_set_of_nobody(gym: Gym) -> None:
    done = [reps(1, BEGIN_MS)]
    gym.send(SENSOR, log_of(done).records)
    gym.send(BAND, log_of(done).records)
    assert gym.owners() == ["Ann"]
    erase(gym.db, gym.ann, NOW_MS)
    for table in ("machine_sets", "machine_claims", "machine_evidence", "machine_decisions"):
        assert gym.db.value(f"SELECT COUNT(*) FROM {table} WHERE athlete_id = :who", who=gym.ann) == 0  # noqa: S608
    attribution.catch_up(gym.db)
    assert gym.owners() == [None]


NUMBERS = count()


@settings(max_examples=25)
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_arrival_leaves_no_trace(
    tmp_path_factory: pytest.TempPathFactory, order: random.Random
) -> None:
    folder = tmp_path_factory.getbasetemp() / f"orders{next(NUMBERS)}"
    folder.mkdir()
    assert outcome(folder / "shuffled.sqlite3", order) == outcome(folder / "straight.sqlite3", None)


def outcome(path: Path, order: random.Random | None) -> list[tuple[object, ...]]:
    """The day of a gym, its parts in order or shuffled: whose every set is, by what and how clearly."""
    press = [reps(n, BEGIN_MS + n * 150 * S, count=5) for n in range(5)]
    row = [reps(10 + n, BEGIN_MS + n * 150 * S + 900, count=5) for n in range(3)]
    with Database(path) as db:
        gym = Gym(db)
        happenings: list[Callable[[], object]] = [
            lambda: desk.claim(db, gym.press, gym.ann, BEGIN_MS - 5 * S),
            lambda: desk.claim(db, gym.press, gym.ben, press[3][0].start_ms - 5 * S),
            lambda: desk.claim(db, gym.row, gym.ben, BEGIN_MS - 200 * S),
        ]
        logs = {
            SENSOR: log_of(press),
            OTHER_SENSOR: log_of(row, off_ms=110),
            BAND: log_of([row[1], press[2]], start_ms=BEGIN_MS - 300 * S, off_ms=-80),
            OTHER_BAND: log_of([press[1]], off_ms=150),
        }
        for device_id, log in logs.items():
            for at in range(0, len(log.records), 9):
                batch = log.records[at : at + 9]
                happenings.append(lambda device_id=device_id, batch=batch: gym.send(device_id, batch))
        if order is not None:
            order.shuffle(happenings)
        for happen in happenings:
            happen()
        names = {gym.ann: "Ann", gym.ben: "Ben", None: None}
        return [
            (row.machine_id == gym.press, row.start_ms, names[row.athlete_id], row.how, row.score, row.margin)
            for one in (gym.press, gym.row)
            for row in sets.of_machine(db, one, 0, 1 << 60)
        ]

"""One athlete's year through the real planner: mornings, proposals, sessions, and what they showed."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from repbeat.coach import programmes
from repbeat.coach.learn.forecast import Calibration
from repbeat.coach.learn.person import SET_FADE_REPS, Lifted, needed_ln_max
from repbeat.coach.learn.regression import Estimate
from repbeat.coach.planner import Proposal, plan_session
from repbeat.coach.programmes import Exercise, Programme
from repbeat.coach.rules import Chance, DoneSet, Prescribed, Trial
from repbeat.coach.session_rules import Kind
from repbeat.coach.situation import Bounds, Deload, Line, Situation
from repbeat.derive.hrv import Morning
from repbeat.derive.readiness import CheckIn, Effort, Readiness, State, readiness
from repbeat.derive.strength import muscular_load
from repbeat_protocol import exercises, records
from repbeat_protocol import plan as wire
from repbeat_tools.simulate.athlete import Body, Truth
from repbeat_tools.simulate.bounds import Watch
from repbeat_tools.simulate.learner import against, newcomer

START = date(2026, 1, 5)  # a Monday
PROGRAMMES = ("beginner-full-body", "upper-lower", "five-by-five", "hypertrophy", "women-over-50")
BASELINE_DAYS = 75
HISTORY_DAYS = 45  # nights already recorded when training begins
MISSED_SHARE = 0.1
START_SHARE = 0.6  # of the maximum: where an athlete begins
HEALTHY_AFTER_DAYS = 10


@dataclass
class Seen:
    """What one athlete's year showed."""

    programme: str
    weeks: int
    truth: Truth
    violations: set[int] = field(default_factory=set)  # weeks with one
    problems: list[str] = field(default_factory=list)
    proposals: int = 0
    alerts: int = 0
    notes: int = 0
    healthy_alerts: int = 0
    healthy_days: int = 0
    deloads: int = 0
    rises: list[int] = field(default_factory=list)  # days on which a goal rose
    lighter_after: list[int | None] = field(default_factory=list)  # days from each illness's onset
    states: Counter[str] = field(default_factory=Counter)
    gains: list[float] = field(default_factory=list)  # of strength, a value a week
    estimates: dict[str, Estimate] = field(default_factory=dict)
    truths: dict[str, float] = field(default_factory=dict)
    calibrations: dict[str, Calibration] = field(default_factory=dict)

    def longest_stall_weeks(self) -> int:
        """Weeks without any goal that rose."""
        marks = [0, *self.rises, self.weeks * 7]
        return max((b - a) // 7 for a, b in pairwise(marks))


class Year:
    """One athlete, from the first Monday on."""

    def __init__(self, seed: int, weeks: int) -> None:
        self.rng = random.Random(seed)
        self.programme: Programme = programmes.library()[self.rng.choice(PROGRAMMES)]
        self.truth = Truth.drawn(self.rng)
        self.body = Body(self.rng, self.truth)
        self.seen = Seen(self.programme.slug, weeks, self.truth)
        self.bounds = Bounds(limits=self.programme.caps.limits())
        self.maxima = self._maxima()
        first = self.programme.days[0].exercises
        self.key_lift = next(one.exercise for one in first if not one.warm_up and one.start_kg)
        self.key_code = exercises.code(self.key_lift)
        self.person = newcomer(self.key_code, self.maxima[self.key_lift] * self.rng.lognormvariate(0, 0.08))
        self.trials: dict[tuple[int, int], list[Trial]] = defaultdict(list)
        self.asked: dict[tuple[int, int], list[tuple[date, Prescribed]]] = defaultdict(list)
        self.mornings: list[Morning] = []
        self.check_ins: list[CheckIn] = []
        self.efforts: list[Effort] = []
        self.states: list[State] = []
        self.today: Readiness | None = None
        self.deload_from: date | None = None
        self.last_deload = START
        self.flagged_until: date | None = None
        self.usual_dose: float | None = None
        self.in_force: wire.Plan | None = None
        self.watch = Watch(self.bounds.limits)
        self.pending: list[tuple[date, int]] = []
        self.healthy_from = START
        self.measured_gain = 0.0  # of strength, when the key lift was last measured

    def run(self) -> Seen:
        """The whole year."""
        for before in range(HISTORY_DAYS, 0, -1):
            self._morning(START - timedelta(days=before), recorded=False)
            self.body.end_day(0.4)
        self.body.retained, self.body.tired = 0.0, 1.0
        for number in range(self.seen.weeks * 7):
            self._day(START + timedelta(days=number), number)
        max_kg = self.maxima[self.key_lift] * math.exp(self.measured_gain)
        self.seen.estimates, self.seen.truths = against(self.person, self.key_code, self.truth, max_kg)
        self.seen.calibrations = {
            "readiness": self.person.readiness_calibration,
            "load": self.person.load_calibration,
        }
        return self.seen

    def _maxima(self) -> dict[str, float]:
        return {
            one.exercise: one.start_kg / START_SHARE * self.rng.lognormvariate(0, 0.1)
            for day in self.programme.days
            for one in day.exercises
            if not one.warm_up
        }

    def _morning(self, day: date, recorded: bool = True) -> bool:
        morning, answers, onset = self.body.begin_day(day)
        self.mornings = [*self.mornings[-BASELINE_DAYS:], morning]
        if answers is not None:
            self.check_ins = [*self.check_ins[-BASELINE_DAYS:], answers]
        if recorded:
            before = self.today
            self.today = readiness(self.mornings, self.check_ins, self.efforts[-40:], day)
            self.person.morning([morning], before, self.today)
            if answers is not None and answers.unwell:
                self.flagged_until = day + timedelta(days=3)
        return onset

    def _day(self, day: date, number: int) -> None:
        onset = self._morning(day)
        assert self.today is not None  # noqa: S101 - just read
        self.seen.states[self.today.state.value] += 1
        if onset:
            self.pending.append((day, number))
        if self.body.ill:
            self.healthy_from = day + timedelta(days=HEALTHY_AFTER_DAYS)
        self.seen.healthy_days += day >= self.healthy_from
        day_number, scheduled = self._next_day(day)
        dose = 0.0
        missed = self.rng.random() < (0.7 if self.body.ill else MISSED_SHARE)
        # A quiet morning without a session decides nothing and says nothing: it is not asked for.
        if scheduled or self.pending or self.today.bad:
            situation = self._situation(day, day_number)
            proposal = plan_session(situation)
            self._observe(number, proposal)
            if scheduled and not missed:
                dose = self._train(day, number, day_number, proposal, situation)
        self.states = [self.today.state, *self.states[:13]]
        self.body.end_day(dose)
        self.person.day(dose)
        if number % 7 == 6:
            self.seen.gains.append(self.body.gain)

    def _next_day(self, day: date) -> tuple[int, bool]:
        """The programme's next session, and whether it is today's."""
        for ahead in range(7):
            session = self.programme.week[(day + timedelta(days=ahead)).weekday()]
            if session:
                return session - 1, ahead == 0
        raise AssertionError("a programme has a training day")

    def _situation(self, day: date, day_number: int) -> Situation:
        session = self.programme.days[day_number]
        base, trials, week_ago = [], {}, {}
        for item, exercise in enumerate(session.exercises):
            slot = (day_number, item)
            done = self.trials[slot]
            last = done[0].prescribed if done else None
            base.append(
                exercise.line(last.load_g, (last.reps_low, last.reps_high)) if last else exercise.line()
            )
            if done:
                trials[item] = tuple(done[:4])
                week_ago[item] = self._week_ago(slot, day)
        if self.deload_from is not None and (day - self.deload_from).days >= 7:
            self.deload_from = None
        flagged = self.flagged_until is not None and day < self.flagged_until
        return Situation(
            day=day,
            base=tuple(base),
            light=tuple(exercise.line() for exercise in session.light),
            trials=trials,
            week_ago=week_ago,
            chances=self._chances(session.exercises, base),
            readiness=self.today,
            recent=tuple(self.states),
            red_flags=("unwell",) if flagged else (),
            deload=Deload(
                every_weeks=self.programme.deload_every_weeks,
                weeks_since=(day - self.last_deload).days // 7,
                running=self.deload_from is not None,
            ),
            bounds=self.bounds,
        )

    def _week_ago(self, slot: tuple[int, int], day: date) -> Prescribed:
        asked = self.asked[slot]
        older = [prescribed for when, prescribed in asked if when <= day - timedelta(days=7)]
        return older[-1] if older else asked[0][1]

    def _chances(self, listed: list[Exercise], base: list[Line]) -> dict[int, Chance]:
        found = {}
        for item, exercise in enumerate(listed):
            if exercise.exercise == self.key_lift and not exercise.warm_up:
                plate_g = self.bounds.limits.plate_g(base[item].exercise, base[item].load_g)
                raised_kg = (base[item].load_g + plate_g) / 1000
                need = needed_ln_max(raised_kg, base[item].reps_low, base[item].sets, exercise.rpe)
                lift = self.person.lifts[self.key_code]
                found[item] = Chance(
                    value=lift.chance(need), sure=lift.response.sure, sessions=lift.response.count
                )
        return found

    def _observe(self, number: int, proposal: Proposal) -> None:
        alerts = sum(message.alert for message in proposal.messages)
        self.seen.alerts += alerts
        self.seen.notes += sum(not message.alert for message in proposal.messages)
        if START + timedelta(days=number) >= self.healthy_from:
            self.seen.healthy_alerts += alerts
        if proposal.kind in (Kind.REDUCED, Kind.LIGHT):
            for _, onset in self.pending:
                self.seen.lighter_after.append(number - onset)
            self.pending = []
        elif self.pending and number - self.pending[0][1] > 14:
            self.seen.lighter_after.append(None)
            self.pending.pop(0)

    def _train(
        self, day: date, number: int, day_number: int, proposal: Proposal, situation: Situation
    ) -> float:
        revision = self.in_force.revision + 1 if self.in_force else 1
        try:
            plan = self.programme.compiled(day_number, proposal.lines, revision)
            wire.check_step(plan, self.in_force)
            self.in_force = wire.decode(wire.encode(plan))
        except wire.PlanError as error:
            self.seen.violations.add(number // 7)
            self.seen.problems.append(f"the device refuses: {error}")
        for problem in self.watch.problems(day, day_number, situation, proposal):
            self.seen.violations.add(number // 7)
            self.seen.problems.append(problem)
        self.seen.proposals += bool(proposal.changes)
        if proposal.kind is Kind.DELOAD and self.deload_from is None:
            self.deload_from = self.last_deload = day
            self.seen.deloads += 1
        if any(
            change.field in ("load_g", "reps_high") and change.new > change.old for change in proposal.changes
        ):
            self.seen.rises.append(number)
        return self._session(day, day_number, proposal)

    def _session(self, day: date, day_number: int, proposal: Proposal) -> float:
        dose, reserves = 0.0, []
        listed = self.programme.days[day_number].exercises
        for item, line in enumerate(proposal.lines):
            slug = exercises.slug(line.exercise)
            full = proposal.kind is not Kind.LIGHT and item < len(listed)
            rpe = listed[item].rpe if full else 4.0
            done: list[DoneSet] = []
            for index in range(line.sets):
                possible = self._possible(slug, line, index)
                reps = self._reps(possible, line, 10 - rpe)
                done.append(DoneSet(reps=reps, load_g=line.load_g, end_reason=records.END_TARGET))
                reserve = max(0.0, possible - reps)
                if not line.warm_up and line.load_g:
                    reserves.append((reserve, rpe))
                    if index == 0 and slug == self.key_lift and proposal.kind is Kind.FULL:
                        self._measure(line, reps, reserve)
                effort = max(0.0, 10 - reserve)
                dose += muscular_load(reps, line.load_g / 1000, self._max_kg(slug) or None, rpe=effort)
            if full and not line.warm_up and proposal.kind is not Kind.DELOAD and not line.flags & wire.LIGHT:
                slot = (day_number, item)
                self.trials[slot].insert(0, Trial(prescribed=line.prescribed, done=tuple(done)))
                self.asked[slot].append((day, line.prescribed))
        if reserves:
            felt = sum(10 - reserve for reserve, _ in reserves) / len(reserves) + self.rng.gauss(0, 0.6)
            planned = sum(rpe for _, rpe in reserves) / len(reserves)
            self.efforts.append(Effort(day, min(10.0, max(0.0, round(felt))), planned))
        if self.usual_dose is None:
            self.usual_dose = dose
        return dose / self.usual_dose

    def _max_kg(self, slug: str) -> float:
        return self.maxima.get(slug, 0.0) * math.exp(self.body.gain)

    def _possible(self, slug: str, line: Line, index: int) -> float:
        """Repetitions to failure, by Epley's formula turned round; without a load the range is easy."""
        if not line.load_g:
            return line.reps_high + 4.0 + self.rng.gauss(0, 2)
        capacity = self._max_kg(slug) * math.exp(self.rng.gauss(0, 0.015))
        return 30 * (capacity / (line.load_g / 1000) - 1) - SET_FADE_REPS * index

    def _reps(self, possible: float, line: Line, reserve: float) -> int:
        comfortable = math.floor(possible - reserve + self.rng.gauss(0, 0.5))
        if comfortable < line.reps_low:
            # A last push up to what was asked.
            comfortable = min(line.reps_low, math.floor(possible - 0.5))
        return max(0, min(line.reps_high, comfortable))

    def _measure(self, line: Line, reps: int, reserve: float) -> None:
        load_kg = line.load_g / 1000
        told = reps + max(0.0, reserve + self.rng.gauss(0, 0.7))
        reached = reps >= line.reps_high
        rpe = next(
            one.rpe
            for day in self.programme.days
            for one in day.exercises
            if one.exercise == self.key_lift and not one.warm_up
        )
        if not self.body.ill:
            self.measured_gain = self.body.gain
        seen = Lifted(
            ln_max=math.log(load_kg * (1 + told / 30)),
            needed=needed_ln_max(load_kg, line.reps_high, 1, rpe),
            reached=reached,
            velocities=tuple(
                (share * load_kg, self._velocity(share * load_kg)) for share in (0.5, 0.75, 1.0)
            ),
        )
        recovery_bpm = self.rng.gauss(self.truth.recovery_bpm, 4.0)
        self.person.lifted(self.key_code, seen, usual=not self.body.ill)
        if not self.body.ill:
            self.person.recovery.update(recovery_bpm)

    def _velocity(self, load_kg: float) -> float:
        share = load_kg / self._max_kg(self.key_lift)
        line = self.truth.velocity_intercept - self.truth.velocity_fall * share
        return line + self.rng.gauss(0, 0.03)

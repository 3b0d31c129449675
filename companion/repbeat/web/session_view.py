"""One session as its page shows it: sets, repetitions, the heart, and the signal where it was kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean

from flask_babel import gettext as _

from repbeat.coach import surroundings
from repbeat.coach.surroundings import Surroundings
from repbeat.people import consent
from repbeat.people.viewer import Gate
from repbeat.rehab.course import RangeSet, angles
from repbeat.store import Database, athletes, heart_blocks, measured, oxygen, records, samples, sessions
from repbeat.store.athletes import Athlete
from repbeat.store.sessions import Key, Rep, Session, Set, Strain
from repbeat.web import form, oxygen_view
from repbeat.web.charts import Chart, Line
from repbeat_protocol import heart, raw_window
from repbeat_protocol import records as wire

Beat = tuple[float, int | None, int]
AFTER = 64  # records behind a session's last one in which its last raw window may still come
ROW_EVERY_S = 0.2  # of a curve's table


@dataclass(frozen=True)
class SessionView:
    """A session's page; `curves` by repetition, `recoveries` (set, fall in bpm), `limits` (resting,
    maximum bpm), `own` the viewer's."""

    session: Session
    athlete: Athlete | None
    sets: list[Set]
    reps: list[Rep]
    strain: Strain | None
    heart: list[Beat]
    spans: list[tuple[float, float]]
    curves: dict[int, Chart]
    recoveries: list[tuple[int, int]]
    angles: list[RangeSet]
    limits: tuple[int, int] | None
    around: Surroundings | None
    oxygen: Chart | None
    own: bool

    @property
    def moved_g(self) -> int:
        """Load times repetitions, all sets."""
        return sum(row.reps * row.load_g for row in self.sets)

    @property
    def range_bpm(self) -> tuple[int, int] | None:
        """Lowest and highest value; None without any."""
        found = [bpm for _at, bpm, _state in self.heart if bpm is not None]
        return (min(found), max(found)) if found else None

    def reps_of(self, set_index: int) -> list[Rep]:
        """The counted repetitions of a set."""
        return [rep for rep in self.reps if rep.set_index == set_index and not rep.reject_reason]

    def chart(self) -> Chart | None:
        """Heart rate with the sets shaded; None where there is none."""
        found = self.range_bpm
        if found is None:
            return None
        good = sum(state == heart.GOOD for _at, _bpm, state in self.heart)
        return Chart(
            title=_("Heart rate and sets"),
            sentence=_(
                "%(length)s recorded, %(share)s %% of it with a good value, between %(low)s and "
                "%(high)s bpm. The shaded bands are the sets.",
                length=form.span(len(self.heart)),
                share=round(100 * good / len(self.heart)),
                low=found[0],
                high=found[1],
            ),
            unit="bpm",
            scale="seconds",
            x=[at_s for at_s, _bpm, _state in self.heart],
            lines=[
                Line(name=_("Heart rate"), values=[bpm for _at, bpm, _state in self.heart], colour="heart")
            ],
            spans=self.spans,
            head=[_("Minute"), _("Mean bpm"), _("Seconds with a value")],
            rows=[[str(minute), str(mean), str(n)] for minute, mean, n in self._minutes()],
        )

    def _minutes(self) -> list[tuple[int, int, int]]:
        by_minute: dict[int, list[int]] = {}
        for at_s, bpm, _state in self.heart:
            if bpm is not None:
                by_minute.setdefault(int(at_s // 60) + 1, []).append(bpm)
        return [(minute, round(fmean(found)), len(found)) for minute, found in sorted(by_minute.items())]


def view(gate: Gate, found: Session) -> SessionView:
    """One session that the viewer may see; heart rate and strain where they may see those."""
    db = gate.db
    key = Key(found.device_id, found.log_id, found.session_seq)
    rows = sessions.sets(db, key)
    reps = sessions.reps(db, key)
    heart_too = gate.may_session(found, consent.HEART)
    if heart_too:
        gate.seen(found.athlete_id, consent.HEART)
    spans = [
        (
            (row.end_uptime_ms - row.duration_ms - found.uptime_ms) / 1000,
            (row.end_uptime_ms - found.uptime_ms) / 1000,
        )
        for row in rows
        if row.boot == found.boot
    ]
    return SessionView(
        session=found,
        athlete=athletes.get(db, found.athlete_id) if found.athlete_id else None,
        sets=rows,
        reps=reps,
        strain=sessions.strain(db, key) if heart_too else None,
        heart=_heart(db, found) if heart_too else [],
        spans=spans,
        curves=_curves(db, found, reps),
        recoveries=measured.recoveries(db, found) if heart_too else [],
        limits=sessions.limits(db, found) if heart_too else None,
        angles=angles(db, found),
        around=surroundings.of(db, key),
        oxygen=_oxygen(gate, found, spans),
        own=gate.viewer.everything or found.athlete_id in gate.viewer.own,
    )


def _heart(db: Database, found: Session) -> list[Beat]:
    """(seconds since the start, bpm or None, state), one a second, of the session's first boot."""
    until = found.end_uptime_ms if found.end_boot == found.boot and found.end_uptime_ms else 2**62
    blocks = heart_blocks.packed(
        db, found.device_id, found.log_id, found.boot, wire.HEART, found.uptime_ms, until
    )
    out: list[Beat] = []
    for block in blocks:
        *_head, seconds = samples.read_heart(block.payload)
        for index, (bpm, state) in enumerate(seconds):
            at_ms = block.uptime_ms + index * 1000
            if found.uptime_ms <= at_ms <= until:
                out.append(((at_ms - found.uptime_ms) / 1000, bpm if state >= heart.POOR else None, state))
    return out


def _oxygen(gate: Gate, found: Session, spans: list[tuple[float, float]]) -> Chart | None:
    """What a sensor told that the athlete wore meanwhile; None where there is none, or not to be seen."""
    if found.athlete_id is None or found.start_ms is None or not gate.may_session(found, consent.OXYGEN):
        return None
    samples = oxygen.of_session(gate.db, found)
    if samples:
        gate.seen(found.athlete_id, consent.OXYGEN)
    return oxygen_view.chart(samples, found.start_ms, spans)


def _curves(db: Database, found: Session, reps: list[Rep]) -> dict[int, Chart]:
    """A chart for each repetition around which the device kept the signal."""
    kept = records.between(
        db, found.device_id, found.log_id, found.first_seq, found.last_seq + AFTER, wire.RAW_WINDOW
    )
    parts = [(one.uptime_ms, one.payload) for one in kept if one.version == 2 and one.boot == found.boot]
    out = {}
    for rep in reps if parts else []:
        try:
            points = raw_window.curve(parts, rep.seq)
        except wire.BadPayload:
            continue  # it is kept and flagged; the page shows what can be read
        if points:
            out[rep.seq] = _curve(points)
    return out


def _curve(points: list[tuple[int, tuple[int, ...]]]) -> Chart:
    begin_ms = points[0][0]
    at_s = [(at_ms - begin_ms) / 1000 for at_ms, _values in points]
    size_g = [math.hypot(*values) / 1000 for _at, values in points]
    every = max(1, round(ROW_EVERY_S * (len(points) - 1) / (at_s[-1] or 1)))
    return Chart(
        title=_("Acceleration"),
        sentence=_(
            "Acceleration between %(low)s and %(high)s g over %(seconds)s s; resting it is 1 g.",
            low=form.decimal(min(size_g), 2),
            high=form.decimal(max(size_g), 2),
            seconds=form.decimal(at_s[-1]),
        ),
        unit="g",
        scale="seconds",
        x=at_s,
        lines=[Line(name=_("Acceleration"), values=[round(value, 3) for value in size_g])],
        head=["s", "g"],
        rows=[
            [form.decimal(at), form.decimal(size, 2)]
            for at, size in list(zip(at_s, size_g, strict=True))[::every]
        ],
    )

"""Sessions with their sets, repetitions, heart rate and intervals."""

from __future__ import annotations

import msgspec

from repbeat.api.operations import Id, Operations, SessionId
from repbeat.api.paging import Page, Paged, cursor, key
from repbeat.coach import surroundings
from repbeat.ingest import summary
from repbeat.people import consent, tokens
from repbeat.people.roles import Role
from repbeat.store import heart_blocks, oxygen, samples, session_pages, sessions
from repbeat.store.session_pages import Place
from repbeat.store.sessions import Key
from repbeat.web.context import gate, store
from repbeat_protocol import exercises, heart
from repbeat_protocol import records as wire

training = Operations("Training")

END_REASONS = {
    wire.END_TARGET: "target",
    wire.END_STILL: "still",
    wire.END_BUTTON: "button",
    wire.END_VELOCITY: "velocity",
    wire.END_UNWELL: "unwell",
}
SOURCES = {wire.SOURCE_OPTICAL: "optical", wire.SOURCE_STRAP: "strap", wire.SOURCE_ECG: "ecg"}
OXYGEN_STATES = {
    oxygen.OK: "ok",
    oxygen.AMBIENT_LIGHT: "ambient light",
    oxygen.NO_VALUE: "no value",
}
STATES = {
    heart.NO_CONTACT: "no contact",
    heart.NO_VALUE: "no value",
    heart.POOR: "poor",
    heart.FAIR: "fair",
    heart.GOOD: "good",
}


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What the heart did: seconds in zones 0 to 5, and the loads from them by formulas of a version."""

    zones_s: list[int]
    trimp: float
    strain: float
    strain_version: int
    muscular: float


class Training(msgspec.Struct, frozen=True, kw_only=True):
    """A session. `start_ms` null: no clock is known yet for its boot; `heart` null: none, or not seen."""

    session_id: str
    device_id: str
    athlete_id: str | None
    start_ms: int | None
    utc_offset_min: int | None
    uncertainty_ms: int | None
    duration_s: int | None
    ended: bool
    plan_revision: int | None
    rpe: int | None
    sets: int
    reps: int
    rejected: int
    volume_kg: float
    rest_mean_s: int | None
    temperature_c: float | None
    altitude_m: float | None
    heart: Load | None


class Bout(msgspec.Struct, frozen=True, kw_only=True):
    """A set. `ended_after_s`: since the session's start, null across a restart of the device.

    `form` counts repetitions by what was odd about them.
    """

    set_index: int
    exercise: str
    reps: int
    target: list[int] | None
    rejected: int
    load_kg: float
    duration_ms: int
    rest_before_s: int
    velocity_loss_percent: float
    end_reason: str
    plan_item: int | None
    form: dict[str, int]
    ended_after_s: float | None


class Repetition(msgspec.Struct, frozen=True, kw_only=True):
    """A repetition; numbers as in the device's REP record, 0 for what was not measured."""

    set_index: int
    rep_index: int
    exercise: str
    counted: bool
    reject_reason: int
    concentric_ms: int
    pause_ms: int
    eccentric_ms: int
    range_mg: int
    range_permille: int
    mean_velocity_mm_s: int
    peak_velocity_mm_s: int
    form_bits: int
    confidence_percent: int
    ended_after_s: float | None


class HeartRate(msgspec.Struct, frozen=True, kw_only=True):
    """One value a second; `bpm` null where there is none. A poor value changes nothing by itself.

    `resting_bpm` and `max_bpm`: the zones of the session lie between these; null where none were reckoned.
    """

    resting_bpm: int | None
    max_bpm: int | None
    at_s: list[float]
    bpm: list[int | None]
    quality: list[str]
    source: list[str]


class Intervals(msgspec.Struct, frozen=True, kw_only=True):
    """Beat-to-beat intervals in order, `at_s` the end of each in seconds since the session's start."""

    at_s: list[float]
    rr_ms: list[float]


class MuscleOxygen(msgspec.Struct, frozen=True, kw_only=True):
    """SmO2 and total haemoglobin as a worn sensor told them; where null, `quality` says why there is none."""

    at_s: list[float]
    smo2_percent: list[float | None]
    thb_g_dl: list[float | None]
    quality: list[str]


class Wanted(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sessions: of one athlete, or of all whose sessions one may see."""

    athlete_id: Id | None = None
    unclaimed: bool = False


@training.get("/sessions", Role.SIGNED_IN, tokens.READ)
def list_sessions(query: Wanted) -> Page[Training]:
    """Sessions, newest first; those that no clock has dated yet come before all others.

    `unclaimed`: those of a gym's machines that nobody claimed, for its operators.
    """
    of = gate()
    if query.athlete_id is not None:
        of.check(query.athlete_id, consent.SESSIONS)
        whose: list[str | None] = [query.athlete_id]
    elif query.unclaimed:
        whose = [None]
    else:
        whose = [one.athlete_id for one in of.athletes(consent.SESSIONS)]
    after = key(Place, query.after)
    found = [one for who in whose for one in session_pages.page(store(), who, query.limit + 1, after)]
    found.sort(key=session_pages.place, reverse=True)
    page, rest = found[: query.limit], found[query.limit :]
    for athlete_id in {one.athlete_id for one in page}:
        of.seen(athlete_id, consent.SESSIONS)
    return Page(
        items=[_shown(one) for one in page if of.may_session(one)],
        next=cursor(session_pages.place(page[-1])) if rest else None,
    )


@training.get("/sessions/{session_id}", Role.SIGNED_IN, tokens.READ)
def get_session(session_id: SessionId) -> Training:
    """One session."""
    return _shown(_session(session_id))


@training.get("/sessions/{session_id}/sets", Role.SIGNED_IN, tokens.READ)
def list_sets(session_id: SessionId) -> Page[Bout]:
    """A session's sets in order."""
    session = _session(session_id)
    found = sessions.sets(store(), _key(session_id))
    return Page(items=[_bout(session, one) for one in found], next=None)


@training.get("/sessions/{session_id}/reps", Role.SIGNED_IN, tokens.READ)
def list_reps(session_id: SessionId) -> Page[Repetition]:
    """A session's repetitions in order, rejected ones too."""
    session = _session(session_id)
    found = sessions.reps(store(), _key(session_id))
    return Page(items=[_repetition(session, one) for one in found], next=None)


@training.get("/sessions/{session_id}/heart", Role.SIGNED_IN, tokens.HEART)
def get_heart_rate(session_id: SessionId) -> HeartRate:
    """A session's heart rate, of the device's boot that it began in."""
    session = _session(session_id, consent.HEART)
    resting_bpm, max_bpm = sessions.limits(store(), session) or (None, None)
    found = HeartRate(resting_bpm=resting_bpm, max_bpm=max_bpm, at_s=[], bpm=[], quality=[], source=[])
    until_ms = _until_ms(session)
    for block in _blocks(session, wire.HEART):
        _, source, seconds = samples.read_heart(block.payload)
        for index, (bpm, state) in enumerate(seconds):
            at_ms = block.uptime_ms + index * samples.HEART_PERIOD_MS
            if session.uptime_ms <= at_ms <= until_ms:
                found.at_s.append((at_ms - session.uptime_ms) / 1000)
                found.bpm.append(bpm if state >= heart.POOR else None)
                found.quality.append(STATES.get(state, "unknown"))
                found.source.append(SOURCES.get(source, "unknown"))
    return found


@training.get("/sessions/{session_id}/rr", Role.SIGNED_IN, tokens.HEART)
def get_intervals(session_id: SessionId) -> Intervals:
    """A session's RR intervals, of the device's boot that it began in."""
    session = _session(session_id, consent.HEART)
    found = Intervals(at_s=[], rr_ms=[])
    until_ms = _until_ms(session)
    for block in _blocks(session, wire.RR):
        at_ms = float(block.uptime_ms)
        for rr_1024 in samples.read_rr(block.payload)[2]:
            rr_ms = rr_1024 * 1000 / 1024
            at_ms += rr_ms
            if session.uptime_ms <= at_ms <= until_ms:
                found.at_s.append(round((at_ms - session.uptime_ms) / 1000, 3))
                found.rr_ms.append(round(rr_ms, 1))
    return found


@training.get("/sessions/{session_id}/oxygen", Role.SIGNED_IN, tokens.OXYGEN)
def get_muscle_oxygen(session_id: SessionId) -> MuscleOxygen:
    """Muscle oxygen while a session lasted; empty where no sensor was worn."""
    session = _session(session_id, consent.OXYGEN)
    found = oxygen.of_session(store(), session)
    return MuscleOxygen(
        at_s=[(one.at_ms - (session.start_ms or 0)) / 1000 for one in found],
        smo2_percent=[None if one.smo2_permille is None else one.smo2_permille / 10 for one in found],
        thb_g_dl=[None if one.thb_cg_dl is None else one.thb_cg_dl / 100 for one in found],
        quality=[OXYGEN_STATES.get(one.state, "unknown") for one in found],
    )


def _key(session_id: str) -> Key:
    device_id, log, number = session_id.split("-")
    return Key(device_id, int(log, 16), int(number))


def _session(session_id: str, scope: str = consent.SESSIONS) -> sessions.Session:
    found = sessions.get(store(), _key(session_id))
    gate().check_session(found, scope)
    return found


def _shown(session: sessions.Session) -> Training:
    found = summary.of(store(), session)
    seen = gate().may_session(session, consent.HEART) and found["heart"] is not None
    around = surroundings.of(store(), Key(session.device_id, session.log_id, session.session_seq))
    return Training(
        session_id=f"{session.device_id}-{session.log_id:08x}-{session.session_seq}",
        device_id=session.device_id,
        athlete_id=session.athlete_id,
        start_ms=session.start_ms,
        utc_offset_min=session.utc_offset_min,
        uncertainty_ms=session.uncertainty_ms,
        duration_s=session.duration_s,
        ended=session.end_seq is not None,
        plan_revision=session.plan_revision or None,
        rpe=session.rpe,
        sets=found["sets"],
        reps=found["reps"],
        rejected=found["rejected"],
        volume_kg=found["volume_kg"],
        rest_mean_s=found["rest_mean_s"],
        temperature_c=around.temperature_c if around else None,
        altitude_m=around.altitude_m if around else None,
        heart=msgspec.convert(found["heart"], Load) if seen else None,
    )


def _bout(session: sessions.Session, one: sessions.Set) -> Bout:
    return Bout(
        set_index=one.set_index,
        exercise=exercises.slug(one.exercise),
        reps=one.reps,
        target=[one.reps_low, one.reps_high] if one.reps_high else None,
        rejected=one.rejected,
        load_kg=one.load_g / 1000,
        duration_ms=one.duration_ms,
        rest_before_s=one.rest_before_s,
        velocity_loss_percent=one.velocity_loss_permille / 10,
        end_reason=END_REASONS.get(one.end_reason, "unknown"),
        plan_item=one.plan_item,
        form={
            "partial": one.form_partial,
            "fast": one.form_fast,
            "turn": one.form_turn,
            "uneven": one.form_uneven,
            "abrupt": one.form_abrupt,
            "asymmetric": one.form_asymmetric,
        },
        ended_after_s=_after_s(session, one.boot, one.end_uptime_ms),
    )


def _repetition(session: sessions.Session, one: sessions.Rep) -> Repetition:
    return Repetition(
        set_index=one.set_index,
        rep_index=one.rep_index,
        exercise=exercises.slug(one.exercise),
        counted=not one.reject_reason,
        reject_reason=one.reject_reason,
        concentric_ms=one.concentric_ms,
        pause_ms=one.pause_ms,
        eccentric_ms=one.eccentric_ms,
        range_mg=one.range_mg,
        range_permille=one.range_permille,
        mean_velocity_mm_s=one.mean_velocity_mm_s,
        peak_velocity_mm_s=one.peak_velocity_mm_s,
        form_bits=one.form_bits,
        confidence_percent=one.confidence,
        ended_after_s=_after_s(session, one.boot, one.end_uptime_ms),
    )


def _after_s(session: sessions.Session, boot: int, uptime_ms: int) -> float | None:
    return (uptime_ms - session.uptime_ms) / 1000 if boot == session.boot else None


def _until_ms(session: sessions.Session) -> int:
    """The uptime at which the session ended, of its first boot."""
    return session.end_uptime_ms if session.end_boot == session.boot and session.end_uptime_ms else 1 << 62


def _blocks(session: sessions.Session, kind: int) -> list[heart_blocks.PackedBlock]:
    return heart_blocks.packed(
        store(), session.device_id, session.log_id, session.boot, kind, session.uptime_ms, _until_ms(session)
    )

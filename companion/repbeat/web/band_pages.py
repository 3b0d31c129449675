"""Who wears a band, and what a wearer wants of the own one: cues and how they feel, quiet hours, zones."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from repbeat.gym import wearing
from repbeat.people import band, tenants
from repbeat.people.band import Band
from repbeat.people.roles import Role, needs
from repbeat.people.viewer import HIDDEN
from repbeat.store import NotFound, devices
from repbeat.store.athletes import Athlete
from repbeat.store.devices import Device
from repbeat.web import words
from repbeat.web.context import gate, now_ms, store
from repbeat.web.errors import told
from repbeat.web.membership import members_of

bands = Blueprint("bands", __name__)


@bands.get("/devices/<device_id>/cues")
@needs(Role.ATHLETE)
def show(device_id: str) -> str:
    """What was wished last, and whether the band has it."""
    device = _own(device_id)
    wish, order = band.wished(store(), device_id)
    return render_template(
        "band.html", device=device, wish=wish, order=order, cues=words.CUES, patterns=words.PATTERNS
    )


@bands.post("/devices/<device_id>/cues")
@needs(Role.ATHLETE)
def change(device_id: str) -> ResponseReturnValue:
    """Keep it, for the hub to bring."""
    _own(device_id)
    try:
        band.order(store(), device_id, _sent(request.form), now_ms())
    except band.BadBand as error:
        flash(told(error), "bad")
    else:
        flash(_("Kept. The band has it as soon as it is near."), "good")
    return redirect(url_for("bands.show", device_id=device_id))


@bands.post("/devices/<device_id>/wearer")
@needs(Role.SIGNED_IN)
def wear(device_id: str) -> ResponseReturnValue:
    """Say who wears what nobody wears, for who looks after it; or give one's own back."""
    db = store()
    device = devices.get(db, device_id)
    wanted, wearer = request.form.get("athlete") or None, devices.athlete_of(db, device)
    if wearer is not None:
        gate().check_own(wearer)
    free = wearer is None and gate().operates(device_id)
    if wanted is not None and not (free and wanted in {one.athlete_id for one in wearers(device)}):
        raise NotFound(HIDDEN)
    if wanted is None and wearer is None:
        raise NotFound(HIDDEN)
    try:
        wearing.give(db, device, wanted)
    except wearing.NoLogYet as error:
        flash(told(error), "bad")
    else:
        flash(_("Done."), "good")
    return redirect(url_for("pages.devices"))


def wearers(device: Device) -> list[Athlete]:
    """Who may be said to wear a device: athletes of its gym."""
    return members_of({tenants.gym_of_device(store(), device.device_id)})


def _own(device_id: str) -> Device:
    """The device, if it is worn by the viewer; NotFound."""
    device = devices.get(store(), device_id)
    wearer = devices.athlete_of(store(), device)
    if wearer is None:
        raise NotFound(HIDDEN)
    gate().check_own(wearer)
    return device


def _sent(form: Mapping[str, str]) -> Band:
    """The wish in a form; BadBand for what is no time or number."""
    cues = {name: " ".join(form.get(f"cue_{name}", "").lower().split()) for name in band.CUES}
    return Band(
        haptic="haptic" in form,
        light="light" in form,
        quiet_from_min=_minutes(form, "quiet_from", 0),
        quiet_until_min=_minutes(form, "quiet_until", 0),
        nudge_after_min=_number(form, "nudge_after_min"),
        nudge_from_min=_minutes(form, "nudge_from", Band().nudge_from_min),
        nudge_until_min=_minutes(form, "nudge_until", Band().nudge_until_min) or band.DAY_MIN,
        zone_low=_number(form, "zone_low"),
        zone_high=_number(form, "zone_high"),
        cues={name: pattern for name, pattern in cues.items() if pattern},
    )


def _number(form: Mapping[str, str], name: str) -> int:
    text = form.get(name, "").strip() or "0"
    if not text.isdecimal():
        raise band.BadBand(f"{text!r} is no number")
    return int(text)


def _minutes(form: Mapping[str, str], name: str, otherwise: int) -> int:
    """HH:MM as minutes of the day; `otherwise` for an empty field."""
    text = form.get(name, "").strip()
    if not text:
        return otherwise
    hours, _colon, minutes = text[:5].partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(minutes) < 60):
        raise band.BadBand("a time lies between 00:00 and 23:59")
    return int(hours) * 60 + int(minutes)

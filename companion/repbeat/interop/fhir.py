"""Chosen days as an HL7 FHIR R4 bundle for a clinician: a file that a person hands over, nothing is sent.

Shapes are those of the US Physical Activity guide 1.0.0 (hl7.org/fhir/us/physical-activity): a session is an
activity group with its measures, a morning's resting heart rate a measure over time; the patient is as US
Core asks. Its codes: LOINC 73985-4 exercise activity, 55411-3 exercise duration, 55425-3 mean heart rate,
40443-4 resting heart rate. The guide has no measure for the variability: 80404-7, RR SDNN, is a vital sign.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from repbeat.interop.activity import Activity
from repbeat.interop.apple_health import DayValue
from repbeat.interop.errors import ExportRefused

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
IG = "http://hl7.org/fhir/us/physical-activity/"
PROFILES = IG + "StructureDefinition/pa-observation-"
PATIENT = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
TEMPORARY = IG + "CodeSystem/pa-temporary-codes"

Resource = dict[str, Any]

_ACTIVITY: list[Resource] = [
    {"coding": [{"system": CATEGORY, "code": "activity"}]},
    {"coding": [{"system": TEMPORARY, "code": "PhysicalActivity"}]},
]
_VITAL_SIGN: list[Resource] = [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}]
_RESTING = ("40443-4", "Heart rate --resting")
_SDNN = ("80404-7", "R-R interval.standard deviation (Heart rate variability)")


def bundle(
    patient: str, activities: Iterable[Activity], days: Iterable[DayValue], identity: uuid.UUID
) -> Resource:
    """A collection bundle. ExportRefused when empty.

    `patient`: what the person wants to be called in it, `identity` their own number; whoever gets two bundles
    of one person sees that what is in both is the same.
    """
    made = _Made(patient, identity)
    for activity in activities:
        if activity.end_ms > activity.start_ms:
            made.session(activity)
    for value in days:
        made.day(value)
    if not made.observations:
        raise ExportRefused("no session and no daily value in the chosen days")
    resources = [made.patient, *made.observations]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources],
    }


class _Made:
    """The resources of one person."""

    def __init__(self, patient: str, identity: uuid.UUID) -> None:
        self._identity = identity
        self._who = {"reference": f"urn:uuid:{identity}", "display": patient}
        self.observations: list[Resource] = []
        self.patient: Resource = {
            "resourceType": "Patient",
            "id": str(identity),
            "meta": {"profile": [PATIENT]},
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{identity}"}],
            "name": [{"text": patient}],
            "gender": "unknown",  # RepBeat does not ask
        }

    def session(self, activity: Activity) -> None:
        """A session: what it was, how long it took, its mean heart rate, and the group of these."""
        when = {"effectivePeriod": {"start": _iso(activity.start_ms), "end": _iso(activity.end_ms)}}
        minutes = round((activity.end_ms - activity.start_ms) / 60_000, 1)
        kind = {"valueCodeableConcept": {"text": activity.sport.replace("_", " ")}}
        measures = [
            (("73985-4", "Exercise activity"), kind),
            (("55411-3", "Exercise duration"), _quantity(minutes, "minutes", "min")),
        ]
        if activity.mean_bpm is not None:
            mean = _quantity(round(activity.mean_bpm), "beats per minute", "/min")
            measures.append((("55425-3", "Heart rate unspecified time mean by Pedometer"), mean))
        members = [
            self._observation(_coded(code), when | value, _ACTIVITY, "activity-measure")
            for code, value in measures
        ]
        panel = {"coding": [{"system": TEMPORARY, "code": "PAPanel", "display": "Physical Activity Panel"}]}
        group = {"hasMember": [{"reference": f"urn:uuid:{one['id']}"} for one in members]}
        self._observation(panel, when | group, _ACTIVITY, "activity-group")

    def day(self, value: DayValue) -> None:
        """A day's value, where there is a code for it; the device is named as it was there."""
        when = {"effectiveDateTime": value.day, "device": {"display": value.source}}
        if value.kind == "resting_bpm":
            found = when | _quantity(round(value.value), "beats per minute", "/min")
            self._observation(_coded(_RESTING), found, _ACTIVITY, "time-measure")
        elif value.kind == "sdnn_ms":
            found = when | _quantity(round(value.value, 1), "milliseconds", "ms")
            self._observation(_coded(_SDNN), found, _VITAL_SIGN, None)

    def _observation(
        self, code: Resource, more: Resource, category: list[Resource], profile: str | None
    ) -> Resource:
        found = {
            "resourceType": "Observation",
            **({"meta": {"profile": [PROFILES + profile]}} if profile else {}),
            "status": "final",
            "category": category,
            "code": code,
            "subject": self._who,
            "performer": [self._who],
            **more,
        }
        found["id"] = str(uuid.uuid5(self._identity, "/".join(_identifying(found))))
        self.observations.append(found)
        return found


def _identifying(found: Resource) -> Iterator[str]:
    """What makes an observation this one: its code, when, and by which device."""
    yield found["code"]["coding"][0]["code"]
    yield found.get("effectiveDateTime") or found["effectivePeriod"]["start"]
    yield found.get("device", {}).get("display", "")


def _coded(code: tuple[str, str]) -> Resource:
    return {"coding": [{"system": LOINC, "code": code[0], "display": code[1]}], "text": code[1]}


def _quantity(value: float, unit: str, ucum: str) -> Resource:
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": ucum}}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")

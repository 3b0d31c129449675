"""Chosen days as an HL7 FHIR R4 bundle for a clinician: a file that a person hands over, nothing is sent.

Shapes: US Core / Physical Activity IG (hl7.org/fhir/us/physical-activity) for minutes of moderate-to-vigorous
activity and heart rate; codes are LOINC: 8867-4 heart rate, 40443-4 resting heart rate, 80404-7 RR SDNN,
77592-4 moderate-to-vigorous physical activity minutes a week, 55411-3 exercise duration.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from repbeat.interop.activity import Activity
from repbeat.interop.apple_health import DayValue
from repbeat.interop.errors import ExportRefused

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
IG = "http://hl7.org/fhir/us/physical-activity/StructureDefinition/"
MEASURES = {  # kind of a day's value: LOINC code, its name, unit, UCUM code
    "resting_bpm": ("40443-4", "Heart rate - resting", "beats/minute", "/min"),
    "sdnn_ms": ("80404-7", "R-R interval.standard deviation (Heart rate variability)", "ms", "ms"),
}


def bundle(patient: str, activities: Iterable[Activity], days: Iterable[DayValue]) -> dict[str, Any]:
    """A collection bundle. `patient`: what the person wants to be called in it. ExportRefused when empty."""
    observations = [_exercise(one) for one in activities if one.end_ms > one.start_ms]
    observations += [_day(value) for value in days if value.kind in MEASURES]
    if not observations:
        raise ExportRefused("no session and no daily value in the chosen days")
    entries: list[dict[str, Any]] = [
        {"resourceType": "Patient", "id": "patient", "name": [{"text": patient}]}
    ]
    entries += [{**found, "id": f"observation-{n}"} for n, found in enumerate(observations, 1)]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": f"urn:repbeat:{entry['id']}", "resource": entry} for entry in entries],
    }


def _observation(category: str, code: str, name: str, value: float, unit: str, ucum: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": category}]}],
        "code": {"coding": [{"system": LOINC, "code": code, "display": name}], "text": name},
        "subject": {"reference": "Patient/patient"},
        "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": ucum},
    }


def _exercise(activity: Activity) -> dict[str, Any]:
    minutes = round((activity.end_ms - activity.start_ms) / 60_000, 1)
    found = _observation("activity", "55411-3", "Exercise duration", minutes, "min", "min")
    found["meta"] = {"profile": [IG + "pa-observation-activity-duration"]}
    found["effectivePeriod"] = {"start": _iso(activity.start_ms), "end": _iso(activity.end_ms)}
    if activity.mean_bpm is not None:
        mean = _observation(
            "vital-signs", "8867-4", "Heart rate", round(activity.mean_bpm), "beats/minute", "/min"
        )
        found["component"] = [{"code": mean["code"], "valueQuantity": mean["valueQuantity"]}]
    return found


def _day(value: DayValue) -> dict[str, Any]:
    code, name, unit, ucum = MEASURES[value.kind]
    found = _observation("vital-signs", code, name, round(value.value, 1), unit, ucum)
    found["effectiveDateTime"] = value.day
    found["device"] = {"display": value.source}
    return found


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")

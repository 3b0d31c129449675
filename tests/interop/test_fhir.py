"""FHIR: the shapes of its physical activity guide, and what a clinician is given."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fhir.resources.R4B.bundle import Bundle
from interop.sample_files import ATHLETE, GPX, NIGHTS, a_session
from pydantic import ValidationError

from repbeat.coach import recovery
from repbeat.derive.hrv import Morning
from repbeat.interop import (
    fhir,
)
from repbeat.interop.apple_health import DayValue
from repbeat.interop.command import import_files
from repbeat.interop.errors import (
    ExportRefused,
)
from repbeat.people.command import export
from repbeat.store import Database, athletes


def pa_shape(found: dict[str, Any]) -> None:
    """What pa-observation-base of the US Physical Activity guide 1.0.0 asks, and each of its kinds."""
    profile = found["meta"]["profile"][0].removeprefix(fhir.PROFILES)
    assert profile in ("activity-measure", "activity-group", "time-measure")
    assert found["status"] == "final"
    categories = {one["coding"][0]["code"] for one in found["category"]}
    assert categories == {"activity", "PhysicalActivity"}
    assert found["subject"]["reference"] == found["performer"][0]["reference"] == f"urn:uuid:{ATHLETE}"
    assert not {"focus", "bodySite", "specimen", "implicitRules", "modifierExtension"} & found.keys()
    moments = (
        [found["effectiveDateTime"]] if "effectiveDateTime" in found else found["effectivePeriod"].values()
    )
    assert all(len(moment) >= 10 for moment in moments)
    values = [name for name in found if name.startswith("value")]
    if profile == "activity-group":
        assert values == []
        assert found["code"]["coding"][0] == {
            "system": fhir.TEMPORARY,
            "code": "PAPanel",
            "display": "Physical Activity Panel",
        }
        assert found["hasMember"]
    elif values != ["valueCodeableConcept"] or profile == "time-measure":
        assert values == ["valueQuantity"]
        quantity = found["valueQuantity"]
        assert quantity["system"] == fhir.UCUM
        assert quantity["code"]
        assert "comparator" not in quantity  # a SimpleQuantity


def test_fhir_has_the_shapes_of_the_physical_activity_guide() -> None:
    days = [
        DayValue("2026-11-24", "resting_bpm", "Ring", 54.0),
        DayValue("2026-11-24", "sdnn_ms", "Ring", 61.25),
    ]
    bundle = fhir.bundle("A. Person", [a_session()], days, ATHLETE)
    resources = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    assert len(resources) == len(bundle["entry"])
    assert all(url == f"urn:uuid:{one['id']}" for url, one in resources.items())
    patient, *observations = resources.values()
    assert patient["meta"]["profile"] == [fhir.PATIENT]
    assert patient["identifier"][0].keys() == {"system", "value"}
    assert (patient["name"], patient["gender"]) == ([{"text": "A. Person"}], "unknown")
    by_code = {one["code"]["coding"][0]["code"]: one for one in observations}
    assert list(by_code) == ["73985-4", "55411-3", "55425-3", "PAPanel", "40443-4", "80404-7"]
    variability = by_code.pop("80404-7")
    assert "meta" not in variability  # the guide has no measure for it
    assert variability["valueQuantity"]["value"] == 61.2
    for one in by_code.values():
        pa_shape(one)
    members = [resources[one["reference"]] for one in by_code["PAPanel"]["hasMember"]]
    assert members == observations[:3]
    assert by_code["55411-3"]["valueQuantity"]["value"] == 2.0
    assert by_code["40443-4"]["device"]["display"] == "Ring"
    assert fhir.bundle("A. Person", [a_session()], days, ATHLETE) == bundle
    with pytest.raises(ExportRefused):
        fhir.bundle("A. Person", [], [], ATHLETE)


def test_fhir_is_what_the_models_of_the_standard_take() -> None:
    """Every field of its type and none unknown, by the generated models of FHIR R4B (R4's resources)."""
    days = [
        DayValue("2026-11-24", "resting_bpm", "Ring", 54.0),
        DayValue("2026-11-24", "sdnn_ms", "Ring", 61.25),
    ]
    bundle = json.loads(json.dumps(fhir.bundle("A. Person", [a_session()], days, ATHLETE)))
    read = json.loads(Bundle.model_validate(bundle).model_dump_json())
    assert read == json.loads(json.dumps(bundle).replace("+00:00", "Z"))
    for spoil in (
        lambda one: one.pop("status"),
        lambda one: one.update(status=["final"]),
        lambda one: one.update(bpm=54),
        lambda one: one.update(effectivePeriod={"start": "yesterday"}),
    ):
        spoilt = copy.deepcopy(bundle)
        spoil(spoilt["entry"][1]["resource"])
        with pytest.raises(ValidationError):
            Bundle.model_validate(spoilt)


def test_chosen_days_are_a_bundle_for_a_clinician(tmp_path: Path) -> None:
    database, files = str(tmp_path / "a.sqlite3"), [tmp_path / "run.gpx", tmp_path / "nights.csv"]
    files[0].write_bytes(GPX)
    files[1].write_bytes(NIGHTS)
    run = CliRunner().invoke
    assert run(import_files, [*map(str, files), "--database", database]).exit_code == 0
    with Database(database) as db:
        (me,) = athletes.every(db)
        recovery.add_morning(db, me.athlete_id, Morning(date(2026, 11, 24), "band", 41.5, 52.0, 420.0))
    to = ["--to", str(tmp_path / "days.json"), "--database", database, "--json"]
    told = run(export, ["Me", "--fhir", "2026-11-24", "2026-11-24", *to])
    assert told.exit_code == 0, told.output
    bundle = json.loads((tmp_path / "days.json").read_text())
    codes = [
        entry["resource"]["code"]["coding"][0]["code"]
        for entry in bundle["entry"]
        if entry["resource"]["resourceType"] == "Observation"
    ]
    assert codes == ["73985-4", "55411-3", "55425-3", "PAPanel", "40443-4", "80404-7", "40443-4"]
    refused = run(export, ["Me", "--fhir", "2020-01-01", "2020-01-02", "--database", database])
    assert refused.exit_code == 1
    assert "no session and no daily value" in refused.output

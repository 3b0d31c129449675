"""TCX, Garmin's Training Center XML: heart rate over time; read, and written for programs without FIT.

Format: TrainingCenterDatabase v2 schema. It knows neither sets nor RR intervals.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from repbeat.interop.activity import Activity, HeartSample, in_order
from repbeat.interop.errors import DamagedFile, ExportRefused, NothingInside
from repbeat.interop.xml_stream import elements, local

SOURCE = "tcx"
NAMESPACE = "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"
ROOT = "TrainingCenterDatabase"


def looks_like_tcx(head: bytes) -> bool:
    """By its root element."""
    return ROOT.encode() in head


def read(content: bytes) -> Activity:
    """The first activity in a TCX file. DamagedFile, NothingInside."""
    heart: list[HeartSample] = []
    seen: list[int] = []
    sport = "unknown"
    for name, element in elements(io.BytesIO(content), "Trackpoint", "Activity"):
        if name == "Activity":
            sport = element.get("Sport", sport).lower()
            break
        at_ms = _time_ms(_text(element, "Time"))
        if at_ms is None:
            continue
        seen.append(at_ms)
        bpm = _text(element, "HeartRateBpm", "Value")
        if bpm is not None:
            heart.append(HeartSample(at_ms, _whole(bpm)))
    if not seen:
        raise NothingInside("it holds no track point with a time")
    return Activity(
        source=SOURCE,
        sport=sport,
        start_ms=min(seen),
        end_ms=max(seen),
        heart=in_order(heart),
        rr_ms=[],
        sets=[],
    )


def write(activity: Activity) -> bytes:
    """A TCX file of one session. ExportRefused without heart rate: TCX could say nothing of it."""
    if not activity.heart:
        raise ExportRefused("TCX carries heart rate, and this session has none: take FIT or CSV")
    root = Element(ROOT, xmlns=NAMESPACE)
    one = SubElement(SubElement(root, "Activities"), "Activity", Sport="Other")
    SubElement(one, "Id").text = _iso(activity.start_ms)
    lap = SubElement(one, "Lap", StartTime=_iso(activity.start_ms))
    SubElement(lap, "TotalTimeSeconds").text = f"{(activity.end_ms - activity.start_ms) / 1000:g}"
    SubElement(lap, "DistanceMeters").text = "0"
    SubElement(lap, "Calories").text = "0"
    SubElement(lap, "Intensity").text = "Active"
    SubElement(lap, "TriggerMethod").text = "Manual"
    track = SubElement(lap, "Track")
    for sample in activity.heart:
        point = SubElement(track, "Trackpoint")
        SubElement(point, "Time").text = _iso(sample.at_ms)
        SubElement(SubElement(point, "HeartRateBpm"), "Value").text = str(sample.bpm)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _text(element: Element, *path: str) -> str | None:
    for name in path:
        found = next((child for child in element if local(child) == name), None)
        if found is None:
            return None
        element = found
    return element.text


def _time_ms(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise DamagedFile(f"{text.strip()!r} is no time: export the file again") from error
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _whole(text: str) -> int:
    try:
        return round(float(text))
    except (ValueError, OverflowError) as error:
        raise DamagedFile(f"{text.strip()!r} is no heart rate: export the file again") from error


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

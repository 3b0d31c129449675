"""GPX tracks: the heart rate that watches write into a point's extensions. Places are not kept.

Format: GPX 1.1 (topografix.com/GPX/1/1); heart rate as <hr> of Garmin's TrackPointExtension, as others too.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from repbeat.interop.activity import Activity, HeartSample, in_order
from repbeat.interop.errors import DamagedFile, NothingInside
from repbeat.interop.xml_stream import elements, local

SOURCE = "gpx"


def looks_like_gpx(head: bytes) -> bool:
    """By its root element."""
    return b"<gpx" in head


def read(content: bytes) -> Activity:
    """The tracks of a GPX file as one activity. DamagedFile, NothingInside."""
    heart: list[HeartSample] = []
    seen: list[int] = []
    sport = "unknown"
    for name, element in elements(io.BytesIO(content), "trkpt", "type"):
        if name == "type":
            sport = (element.text or sport).strip().lower()
            continue
        try:
            at_ms = _moment_ms(_text(element, "time"))
            bpm = _text(element, "hr")
            if at_ms is None:
                continue
            seen.append(at_ms)
            if bpm is not None:
                heart.append(HeartSample(at_ms, round(float(bpm))))
        except (ValueError, OverflowError) as error:
            raise DamagedFile(f"a track point is not what GPX says ({error}): export it again") from error
    if not seen:
        raise NothingInside("it holds no track point with a time: routes and waypoints are not sessions")
    return Activity(
        source=SOURCE,
        sport=sport,
        start_ms=min(seen),
        end_ms=max(seen),
        heart=in_order(heart),
        rr_ms=[],
        sets=[],
    )


def _text(point: Element, name: str) -> str | None:
    return next((one.text for one in point.iter() if local(one) == name), None)


def _moment_ms(text: str | None) -> int | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text.strip())
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)

"""A session, and files as other devices write them."""

from __future__ import annotations

import uuid

from repbeat.interop import (
    fit_write,
)
from repbeat.interop.activity import Activity, HeartSample, SetDone
from repbeat_protocol import exercises

START_MS = 1_764_054_000_000


BENCH = exercises.code("bench_press")


SQUAT = exercises.code("squat")


def a_session(seconds: int = 120) -> Activity:
    return Activity(
        source="fit",
        sport="training",
        start_ms=START_MS,
        end_ms=START_MS + seconds * 1000,
        heart=[HeartSample(START_MS + 1000 * i, 90 + i % 70) for i in range(seconds)],
        rr_ms=[600 + 7 * i % 250 for i in range(seconds + 3)],
        sets=[
            SetDone(start_ms=START_MS + 5000, duration_ms=31500, exercise=BENCH, reps=10, load_g=62500),
            SetDone(start_ms=START_MS + 70000, duration_ms=40000, exercise=SQUAT, reps=8, load_g=100000),
        ],
    )


ATHLETE = uuid.UUID(int=7)


GPX = b"""<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"
  xmlns:x="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"><trk><type>running</type><trkseg>
 <trkpt lat="1" lon="2"><time>2026-11-24T17:00:00Z</time><extensions><x:TrackPointExtension><x:hr>120</x:hr>
 </x:TrackPointExtension></extensions></trkpt>
 <trkpt lat="1" lon="2"><time>2026-11-24T17:00:05Z</time></trkpt>
 <trkpt lat="1" lon="2"><time>2026-11-24T17:00:10Z</time><extensions><x:TrackPointExtension><x:hr>124</x:hr>
 </x:TrackPointExtension></extensions></trkpt></trkseg></trk></gpx>"""


NIGHTS = b"day,kind,source,value\n2026-11-24,resting_bpm,oura,52\n2026-11-24,sdnn_ms,oura,61.5\n"


FIT = fit_write.write(a_session(20))

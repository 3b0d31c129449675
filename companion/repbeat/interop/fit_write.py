"""FIT activity files, as Garmin Connect takes them in: heart rate, HRV, and sets with reps and load."""

from __future__ import annotations

from collections.abc import Iterator

from fit_tool.data_message import DataMessage
from fit_tool.fit_file_builder import FitFileBuilder
from fit_tool.profile.messages.activity_message import ActivityMessage
from fit_tool.profile.messages.common_fields import TimestampField
from fit_tool.profile.messages.event_message import EventMessage
from fit_tool.profile.messages.file_id_message import FileIdMessage
from fit_tool.profile.messages.hrv_message import HrvMessage
from fit_tool.profile.messages.lap_message import LapMessage
from fit_tool.profile.messages.record_message import RecordHeartRateField, RecordMessage
from fit_tool.profile.messages.session_message import SessionMessage
from fit_tool.profile.messages.set_message import SetMessage
from fit_tool.profile.profile_type import (
    Activity as ActivityType,
)
from fit_tool.profile.profile_type import (
    Event,
    EventType,
    FileType,
    LapTrigger,
    Manufacturer,
    SessionTrigger,
    SetType,
    Sport,
    SubSport,
)

from repbeat.interop.activity import Activity, HeartSample, SetDone
from repbeat.interop.errors import ExportRefused
from repbeat.interop.exercise_names import category_of

HRV_PLACES = 5  # intervals in one hrv message (FIT profile)
SECOND_MS = 1000


def write(activity: Activity) -> bytes:
    """A FIT file of one session; times to the second, as FIT has them. ExportRefused without a duration."""
    if activity.end_ms <= activity.start_ms:
        raise ExportRefused("a session without a duration cannot be a FIT activity")
    builder = FitFileBuilder(auto_define=True)
    for message in _messages(activity):
        builder.add(message)
    return bytes(builder.build().to_bytes())


def _messages(activity: Activity) -> Iterator[object]:
    start = _second(activity.start_ms)
    end = _second(activity.end_ms)
    file_id = FileIdMessage()
    file_id.type = FileType.ACTIVITY
    file_id.manufacturer = Manufacturer.DEVELOPMENT.value
    file_id.product = 0
    file_id.time_created = start
    file_id.serial_number = 1
    yield file_id
    yield _timer(start, EventType.START)
    for sample in activity.heart:
        yield _record(sample)
    for first in range(0, len(activity.rr_ms), HRV_PLACES):
        message = HrvMessage()
        message.time = [rr / 1000 for rr in activity.rr_ms[first : first + HRV_PLACES]]
        yield message
    for index, one in enumerate(activity.sets):
        yield _set(index, one)
    yield _timer(end, EventType.STOP_ALL)
    yield from _summary(activity, start, end)


def _second(at_ms: int) -> int:
    return at_ms // SECOND_MS * SECOND_MS


def _timer(at_ms: int, kind: EventType) -> EventMessage:
    message = EventMessage()
    message.timestamp = at_ms
    message.event = Event.TIMER
    message.event_type = kind
    message.event_group = 0
    return message


def _record(sample: HeartSample) -> DataMessage:
    """A record message of its two fields: RecordMessage makes all 86, which is most of an export's time."""
    time = TimestampField()
    time.set_value(0, _second(sample.at_ms))
    heart_rate = RecordHeartRateField()
    heart_rate.set_value(0, sample.bpm)
    return DataMessage(name=RecordMessage.NAME, global_id=RecordMessage.ID, fields=[time, heart_rate])


def _set(index: int, one: SetDone) -> SetMessage:
    message = SetMessage()
    message.timestamp = _second(one.start_ms + one.duration_ms)
    message.start_time = _second(one.start_ms)
    message.duration = one.duration_ms / 1000
    message.repetitions = one.reps
    message.weight = one.load_g / 1000
    message.set_type = SetType.ACTIVE.value
    message.category = [category_of(one.exercise)]
    message.message_index = index
    return message


def _summary(activity: Activity, start: int, end: int) -> Iterator[object]:
    elapsed_s = (end - start) / 1000
    bpm = [sample.bpm for sample in activity.heart]
    lap = LapMessage()
    session = SessionMessage()
    for message in (lap, session):
        message.timestamp = end
        message.start_time = start
        message.total_elapsed_time = elapsed_s
        message.total_timer_time = elapsed_s
        message.sport = Sport.TRAINING
        message.sub_sport = SubSport.STRENGTH_TRAINING
        message.event = Event.LAP if message is lap else Event.SESSION
        message.event_type = EventType.STOP
        message.message_index = 0
        if bpm:
            message.avg_heart_rate = round(sum(bpm) / len(bpm))
            message.max_heart_rate = max(bpm)
    lap.lap_trigger = LapTrigger.SESSION_END
    yield lap
    session.first_lap_index = 0
    session.num_laps = 1
    session.trigger = SessionTrigger.ACTIVITY_END
    yield session
    closing = ActivityMessage()
    closing.timestamp = end
    closing.total_timer_time = elapsed_s
    closing.num_sessions = 1
    closing.type = ActivityType.MANUAL
    closing.event = Event.ACTIVITY
    closing.event_type = EventType.STOP
    yield closing

"""Muscle oxygen (FEATURES row 20): from a notification to the stream beside the session's heart rate."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bumble.core import UUID, AdvertisingData
from bumble.gatt import Characteristic, Service
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from repbeat.hub import moxy
from repbeat.hub.devices_command import devices as devices_command
from repbeat.hub.listening import Listening
from repbeat.hub.oxygen import KEEP_MS, OxygenLog
from repbeat.people import archive, erase
from repbeat.store import Database, StoreCorrupt, athletes, oxygen, sessions
from repbeat.store.oxygen import AMBIENT_LIGHT, NO_VALUE, OK, Sample
from repbeat_tools.sample import NOW_MS
from repbeat_tools.simulator import Air

ADDRESS = "C4:00:00:00:00:20"
S = 1000
# As a sensor sent them: Auuki, src/ble/moxy/moxy.js.
SENT = ("CB0615021602C00400", "CC0612021202C10400", "CD0612021202C10400")


def told(count: int, smo2_permille: int, thb_cg_dl: int = 1216) -> bytes:
    return b"".join(part.to_bytes(2, "little") for part in (count, smo2_permille, 0, thb_cg_dl)) + b"\0"


def test_notifications_that_a_sensor_sent() -> None:
    read = [moxy.read(bytes.fromhex(one)) for one in SENT]
    assert [one.count for one in read] == [1739, 1740, 1741]
    assert [one.smo2_permille for one in read] == [533, 530, 530]
    assert [one.thb_cg_dl for one in read] == [1216, 1217, 1217]
    assert {one.state for one in read} == {OK}


@pytest.mark.parametrize(
    ("smo2_permille", "state"),
    [(0, OK), (1000, OK), (1001, NO_VALUE), (0x3FE, AMBIENT_LIGHT), (0x3FF, NO_VALUE), (0xFFFF, NO_VALUE)],
)
def test_what_is_no_value_is_no_number(smo2_permille: int, state: int) -> None:
    found = moxy.read(told(1, smo2_permille))
    assert found.state == state
    assert found.smo2_permille == (smo2_permille if state == OK else None)
    assert (found.thb_cg_dl is None) == (state != OK)
    assert moxy.read(told(1, 600, 0xFFE)).thb_cg_dl is None


@given(value=st.binary(max_size=20))
def test_anything_is_read_or_refused(value: bytes) -> None:
    if len(value) < 8:
        with pytest.raises(ValueError, match="bytes"):
            moxy.read(value)
        return
    found = moxy.read(value)
    assert found.smo2_permille is None or 0 <= found.smo2_permille <= 1000


SAMPLES = st.lists(
    st.tuples(
        st.integers(0, oxygen.GAP_MS),
        st.sampled_from((OK, AMBIENT_LIGHT, NO_VALUE)),
        st.integers(0, 1000),
        st.none() | st.integers(0, 4000),
    ),
    min_size=1,
    max_size=50,
)


def stream(parts: list[tuple[int, int, int, int | None]]) -> list[Sample]:
    at_ms, out = NOW_MS, []
    for step_ms, state, smo2, thb in parts:
        at_ms += step_ms
        out.append(Sample(at_ms, state, *((smo2, thb) if state == OK else (None, None))))
    return out


@given(parts=SAMPLES)
def test_a_stream_comes_out_as_it_went_in(parts: list[Any]) -> None:
    samples = stream(parts)
    assert oxygen.unpacked(NOW_MS, oxygen.packed(NOW_MS, samples)) == samples


@given(parts=SAMPLES, cut=st.floats(0, 1, exclude_max=True))
def test_a_damaged_stream_is_named(parts: list[Any], cut: float) -> None:
    whole = oxygen.packed(NOW_MS, stream(parts))
    with pytest.raises(StoreCorrupt):
        oxygen.unpacked(NOW_MS, whole[: int(len(whole) * cut)])


def an_hour() -> list[Sample]:
    """A measurement every two seconds, in sets of a minute's fall and two minutes' rise."""
    return [
        Sample(NOW_MS + at_s * S, OK, 700 - 5 * min(at_s % 180, 90 - at_s % 180 // 2), 1200 + at_s % 7)
        for at_s in range(0, 3600, 2)
    ]


def test_an_hour_takes_kilobytes() -> None:
    assert len(oxygen.packed(NOW_MS, an_hour())) < 4000


class Clock:
    now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def ann(either: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REPBEAT_KEY_FILE", str(tmp_path / "key"))
    return athletes.add(either, "Ann", NOW_MS).athlete_id


def kept(db: Database, athlete_id: str) -> list[Sample]:
    return oxygen.between(db, athlete_id, 0, 1 << 60)


def test_a_worn_sensor_becomes_a_sealed_stream(either: Database, ann: str) -> None:
    clock, said = Clock(), []
    log = OxygenLog(either, clock, said.append)
    assert log.ears(ADDRESS, "Moxy") == log.ears(ADDRESS, "Moxy") == {}
    assert len(said) == 1
    assert ADDRESS in said[0]
    oxygen.wear(either, ADDRESS.lower(), ann)
    hear = log.ears(ADDRESS, "Moxy")[moxy.DATA]
    for count in range(40):
        clock.now_ms = NOW_MS + count * S
        hear(told(count, 0x3FE if count == 5 else 600 - count))
        hear(told(count, 600 - count))  # the same measurement again
    assert len(kept(either, ann)) == KEEP_MS // S + 1  # kept while it runs
    log.end(ADDRESS)
    found = kept(either, ann)
    assert [one.at_ms for one in found] == [NOW_MS + count * S for count in range(40)]
    assert [one.smo2_permille for one in found[:7]] == [600, 599, 598, 597, 596, None, 594]
    assert found[5].state == AMBIENT_LIGHT
    (row,) = either.rows("SELECT * FROM oxygen_streams")
    assert either.vault.is_of(bytes(row["sealed"]), ann)
    assert oxygen.packed(found[0].at_ms, found) not in bytes(row["sealed"])
    assert oxygen.between(either, ann, NOW_MS + 10 * S, NOW_MS + 12 * S) == found[10:13]


def test_a_gap_an_hour_and_a_new_wearer_each_begin_a_stream(either: Database, ann: str) -> None:
    clock = Clock()
    log = OxygenLog(either, clock, lambda _: None)
    ben = athletes.add(either, "Ben", NOW_MS).athlete_id
    oxygen.wear(either, ADDRESS, ann)
    for count, at_s in enumerate((0, 1, 90, 91, *range(100, 3790, 50))):
        clock.now_ms = NOW_MS + at_s * S
        log.take(ADDRESS, moxy.read(told(count, 500)))
    log.end(ADDRESS)
    starts = [row["start_ms"] for row in either.rows("SELECT start_ms FROM oxygen_streams ORDER BY start_ms")]
    assert starts == [NOW_MS, NOW_MS + 90 * S, NOW_MS + 3700 * S]
    log.take(ADDRESS, moxy.read(told(9, 500)))
    oxygen.wear(either, ADDRESS, ben)
    log.end(ADDRESS)  # who wore it when it began does not any more
    log.take(ADDRESS, moxy.read(told(10, 400)))
    log.end(ADDRESS)
    assert [one.smo2_permille for one in kept(either, ben)] == [400]
    assert {one.smo2_permille for one in kept(either, ann)} == {500}


def test_it_is_carried_by_the_export_and_erased_while_the_sensor_is_worn(
    either: Database, ann: str, tmp_path: Path
) -> None:
    clock = Clock()
    log = OxygenLog(either, clock, lambda _: None)
    oxygen.wear(either, ADDRESS, ann)
    sessions.put(
        either,
        sessions.Session(
            device_id="00000000000000a1",
            log_id=1,
            session_seq=1,
            athlete_id=ann,
            start_ms=NOW_MS,
            duration_s=30,
        ),
    )
    for count in range(31):
        clock.now_ms = NOW_MS + count * S
        log.take(ADDRESS, moxy.read(told(count, 0x3FF if count == 1 else 555)))
    before = kept(either, ann)
    out = io.BytesIO()
    archive.export(either, ann, out, NOW_MS)
    with zipfile.ZipFile(out) as whole:
        (name,) = [one for one in whole.namelist() if one.endswith("-oxygen.csv")]
        rows = list(csv.DictReader(io.StringIO(whole.read(name).decode())))
    assert [row["smo2_percent"] for row in rows[:3]] == ["55.5", "", "55.5"]
    assert rows[0] == {"unix_ms": str(NOW_MS), "smo2_percent": "55.5", "thb_g_dl": "12.16"}
    with Database(tmp_path / "empty.sqlite3") as new:
        archive.restore(new, out)
        assert kept(new, ann) == before
        assert oxygen.wearer(new, ADDRESS) == ann
    erase.erase(either, ann, NOW_MS)
    clock.now_ms += S
    log.take(ADDRESS, moxy.read(told(99, 500)))
    log.end(ADDRESS)
    assert either.rows("SELECT * FROM oxygen_streams") == []
    assert either.value("SELECT COUNT(*) FROM heart_keys WHERE athlete_id = :ann", ann=ann) == 0


def test_who_wears_which_is_said_on_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "repbeat.sqlite3"
    with Database(path) as db:
        athletes.add(db, "Ann", NOW_MS)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(devices_command, ["--database", str(path), "oxygen", *arguments])
        assert done.exit_code == 0, done.output
        return done.output

    assert "Nobody wears" in run()
    assert run(ADDRESS, "--athlete", "Ann") == f"{ADDRESS}  Ann\n"
    assert "Nobody wears" in run(ADDRESS)


def test_a_sensor_on_the_air_is_read(tmp_path: Path) -> None:
    """A Bumble peripheral with the service; bleak, as the hub uses it, on the other side."""

    async def scenario(db: Database, athlete_id: str) -> None:
        async with Air() as air:
            here, sensor = await air.central("here"), await air.central("moxy")
            data = Characteristic(
                UUID(moxy.DATA),
                Characteristic.Properties.NOTIFY,
                Characteristic.Permissions.READABLE,
                b"",
            )
            sensor.device.add_service(Service(UUID(moxy.SERVICE), [data]))
            advertised = AdvertisingData(
                [(AdvertisingData.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS, bytes(UUID(moxy.SERVICE)))]
            )
            await sensor.device.start_advertising(advertising_data=bytes(advertised), auto_restart=True)
            clock, heard = Clock(), asyncio.Event()

            def noted(take: Callable[[bytes], None]) -> Callable[[bytes], None]:
                return lambda value: (take(value), heard_of.append(value[0]))

            log = OxygenLog(db, clock, lambda text: (said.append(text), heard.set()))

            def ears(address: str, name: str, services: Any) -> Any:
                assert moxy.SERVICE in services
                return {uuid: noted(take) for uuid, take in log.ears(address, name).items()}

            reading = asyncio.create_task(
                Listening([moxy.SERVICE], ears, log.end, here.backends, again_s=0.05).run()
            )
            try:
                await heard.wait()  # nobody wears it yet
                oxygen.wear(db, said[0].split()[-3], athlete_id)
                for count in range(12):
                    clock.now_ms = NOW_MS + count * S
                    while count not in heard_of:
                        await sensor.device.notify_subscribers(data, told(count, 500 + count))
                        await asyncio.sleep(0.02)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    said: list[str] = []
    heard_of: list[int] = []
    with Database(tmp_path / "repbeat.sqlite3") as db:
        athlete_id = athletes.add(db, "Ann", NOW_MS).athlete_id
        asyncio.run(asyncio.wait_for(scenario(db, athlete_id), 60))
        found = kept(db, athlete_id)
    assert [one.smo2_permille for one in found] == [500 + count for count in range(12)]

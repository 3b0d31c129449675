"""From the firmware's `bluetooth` to real bleak and back: what a radio link gives, and what it takes away."""

import asyncio
import time

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError

from repbeat_tools.simulator import Air, Pace, SimulatorError

HEART_SERVICE = "0000180d-0000-1000-8000-00805f9b34fb"
TOTAL = 200_000


def test_scan_filters_by_service_and_merges_the_scan_response(run, bench):
    async def scenario():
        async with Air() as air:
            await bench.sensor(air, "S1")
            phone = await air.central("phone")
            scanner = phone.backends[0]
            found = await BleakScanner.discover(
                timeout=0.5, return_adv=True, service_uuids=[HEART_SERVICE], backend=scanner
            )
            other = await BleakScanner.discover(
                timeout=0.3, service_uuids=["0000180f-0000-1000-8000-00805f9b34fb"], backend=scanner
            )
            return list(found.values()), other

    ((device, advertisement),), other = run(scenario())
    assert device.name == "S1"
    assert device.address == "24:0A:C4:00:00:01"
    assert advertisement.service_uuids == [HEART_SERVICE]
    assert advertisement.manufacturer_data == {0xFFFF: b"RB"}  # only in the scan response
    assert other == []


@pytest.mark.parametrize("latency_ms", [0, 40])
def test_a_stream_arrives_whole_while_heart_rate_goes_on(run, bench, stream, latency_ms):
    async def scenario():
        total = TOTAL // 4 if latency_ms else TOTAL
        async with Air(pace=Pace(15, 6) if latency_ms else None, latency_ms=latency_ms) as air:
            sensor = await bench.sensor(air, "S1")
            client = await bench.client(await air.central("phone"), "S1")
            assert client.mtu_size == 256
            beats = []
            await client.start_notify(bench.heart, lambda _, value: beats.append(value[1]))
            receiver = stream(client, 1)
            started_ms = sensor.now_ms
            await receiver.start(0, total)
            await receiver.until(total)
            seconds = (sensor.now_ms - started_ms) / 1000  # its own: it stands still where this computer does
            await asyncio.sleep(0.3)
            await client.disconnect()
            return receiver.gaps, beats, seconds

    gaps, beats, seconds = run(scenario())
    assert gaps == 0
    assert len(beats) >= max(2, 5 * seconds)  # one in 100 ms, the stream notwithstanding
    assert all(60 <= bpm < 100 for bpm in beats)


def test_pace_holds_the_stream_to_what_the_events_carry(run, bench, stream):
    async def scenario():
        async with Air(pace=Pace(interval_ms=20, fragments=2)) as air:
            await bench.sensor(air, "S1")
            client = await bench.client(await air.central("phone"), "S1")
            receiver = stream(client, 1)
            await receiver.start(0, 20_000)
            started = time.monotonic()
            await receiver.until(20_000)
            await client.disconnect()
            return time.monotonic() - started

    # 253 bytes a notification make 2 fragments, so one notification an event: 80 events of 20 ms
    assert run(scenario()) >= 0.9 * (20_000 / 253) * 0.020


def test_a_long_write_is_cut_to_the_buffer_and_answered_with_success(run, bench):
    async def scenario():
        async with Air() as air:
            sensor = await bench.sensor(air, "S1")
            client = await bench.client(await air.central("phone"), "S1")
            await client.write_gatt_char(bench.control, b"z" * 60, response=True)
            cut = await client.read_gatt_char(bench.control)
            await client.write_gatt_char(bench.kept, bytes(range(250)) * 2, response=True)  # a prepared write
            await sensor.line("kept 500")
            kept = await client.read_gatt_char(bench.kept)
            await client.disconnect()
            return cut, kept

    cut, kept = run(scenario())
    assert cut == b"z" * 20
    assert kept == bytes(range(250)) * 2


def test_what_the_properties_forbid_is_refused(run, bench):
    async def scenario():
        async with Air() as air:
            await bench.sensor(air, "S1")
            client = await bench.client(await air.central("phone"), "S1")
            codes = []
            for refused in (
                client.read_gatt_char(bench.data),
                client.write_gatt_char("2a24", b"x", response=True),
            ):
                try:
                    await refused
                except BleakError as error:
                    codes.append(error.code)
            await client.disconnect()
            return codes

    assert run(scenario()) == [2, 3]  # read not permitted, write not permitted


def test_the_notify_queue_is_bounded_and_values_are_cut_to_the_mtu(run, bench):
    async def scenario():
        async with Air() as air:
            sensor = await bench.sensor(air, "S1")
            client = await bench.client(await air.central("phone"), "S1")
            sizes = []
            await client.start_notify(bench.data, lambda _, value: sizes.append(len(value)))
            await client.write_gatt_char(bench.control, b"F", response=True)
            line = await sensor.line("flood")
            while len(sizes) < 12:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.2)  # for one too many
            await client.disconnect()
            return line, sizes

    line, sizes = run(scenario())
    assert line == f"flood {[0] * 12 + [12] * 8}"
    assert sizes == [253] * 12


def test_indications_in_flight_give_one_done(run, bench):
    async def scenario():
        async with Air() as air:
            sensor = await bench.sensor(air, "S1")
            client = await bench.client(await air.central("phone"), "S1")
            values = []
            await client.start_notify(bench.confirmed, lambda _, value: values.append(value[0]))
            await client.write_gatt_char(bench.control, b"I", response=True)
            while len(values) < 4:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.3)  # for the last confirmation, and one too many
            await client.write_gatt_char(bench.control, b"E", response=True)
            line = await sensor.line("events")
            await client.disconnect()
            return values, line

    values, line = run(scenario())
    assert values == [0, 1, 2, 3]
    assert line.count(" 20,") == 1


def test_an_updated_value_is_coalesced(run, bench):
    async def scenario():
        async with Air() as air:
            await bench.sensor(air, "S1")
            client = await bench.client(await air.central("phone"), "S1")
            values = []
            await client.start_notify(bench.heart, lambda _, value: values.append(bytes(value)))
            await client.write_gatt_char(bench.control, b"U", response=True)
            await asyncio.sleep(0.3)
            await client.disconnect()
            return [value for value in values if value[0] == 1]

    assert run(scenario()) in (
        [bytes((1, 499 & 255))],
        [],
    )  # the last of 500, unless a heart beat came after it


@pytest.mark.parametrize("who", ["central", "firmware", "out of range"])
def test_a_stream_resumes_after_a_disconnect_at_the_byte_that_came_last(run, bench, stream, who):
    async def scenario():
        async with Air() as air:
            sensor = await bench.sensor(air, "S1")
            phone = await air.central("phone")
            lost = asyncio.Event()
            client = await bench.client(phone, "S1", disconnected_callback=lambda _: lost.set())
            first = stream(client, 1)
            await first.start(0, 2_000_000)
            await first.until(60_000)
            if who == "central":
                await client.disconnect()
            elif who == "firmware":
                await client.write_gatt_char(bench.control, b"D", response=False)
            else:
                sensor.cut_link()
            await asyncio.wait_for(lost.wait(), 5)
            await sensor.line("stream 1 stopped")
            assert not client.is_connected
            again = await bench.client(phone, "S1")
            second = stream(again, 2)
            await second.start(first.next, TOTAL)
            await second.until(TOTAL)
            await again.disconnect()
            return first, second

    first, second = run(scenario())
    assert first.gaps == second.gaps == 0
    assert second.next == TOTAL


def test_a_request_in_flight_when_the_link_is_lost_raises(run, bench):
    async def scenario():
        async with Air() as air:
            sensor = await bench.sensor(air, "S1")
            client = await bench.client(await air.central("phone"), "S1")
            sensor.faults.silent = True
            asyncio.get_running_loop().call_later(0.2, sensor.cut_link)
            with pytest.raises(BleakError):
                await client.write_gatt_char(bench.control, b"x", response=True)
            with pytest.raises(BleakError):
                await client.read_gatt_char("2a24")

    run(scenario())


def test_a_connect_to_a_silent_device_times_out_and_leaves_nothing_behind(run, bench):
    async def scenario():
        async with Air() as air:
            sensor = await bench.sensor(air, "S1")
            phone = await air.central("phone")
            found = await bench.find(phone, "S1")
            sensor.faults.silent = True
            with pytest.raises(BleakError):
                await BleakClient(found, timeout=0.3, backend=phone.backends[1]).connect()
            sensor.faults.silent = False
            async with BleakClient(found, timeout=5, backend=phone.backends[1]) as client:
                return bytes(await client.read_gatt_char("2a24"))

    assert run(scenario()).startswith(b"spike of S1")


def test_a_refused_connection_is_a_disconnect_without_a_connect(run, bench):
    async def scenario():
        async with Air() as air:
            sensor = await bench.sensor(air, "S1")
            phone = await air.central("phone")
            found = await bench.find(phone, "S1")
            sensor.faults.refuse_next_connection = True
            with pytest.raises(BleakError):
                await BleakClient(found, timeout=3, backend=phone.backends[1]).connect()
            client = await bench.client(phone, "S1")  # the firmware advertises again
            await client.write_gatt_char(bench.control, b"E", response=True)
            line = await sensor.line("events")
            await client.disconnect()
            return line

    assert run(scenario()).startswith("events [2, 1,")


def test_three_devices_at_once(run, bench, stream):
    async def scenario():
        async with Air() as air:
            names = ["S1", "S2", "S3"]
            await asyncio.gather(*(bench.sensor(air, name) for name in names))
            phone = await air.central("phone")
            clients = [await bench.client(phone, name) for name in names]
            streams = [stream(client, tag) for tag, client in enumerate(clients, 1)]
            await asyncio.gather(*(s.start(0, 100_000) for s in streams))
            await asyncio.gather(*(s.until(100_000) for s in streams))
            await asyncio.gather(*(client.disconnect() for client in clients))
            return streams

    assert [(s.gaps, s.next) for s in run(scenario())] == [(0, 100_000)] * 3


def test_two_centrals_on_one_device_and_another_cannot_take_their_place(run, bench):
    async def scenario():
        async with Air() as air:
            await bench.sensor(air, "S1")
            first = await bench.client(await air.central("phone"), "S1")
            second = await bench.client(await air.central("laptop"), "S1")
            beats = [asyncio.Event(), asyncio.Event()]
            for client, beat in zip((first, second), beats, strict=True):
                await client.start_notify(bench.heart, lambda *_, beat=beat: beat.set())
            await asyncio.wait_for(asyncio.gather(*(beat.wait() for beat in beats)), 5)
            await first.disconnect()
            beats[1].clear()
            await asyncio.wait_for(beats[1].wait(), 5)
            await second.disconnect()

    run(scenario())


def test_kill_9_of_the_firmware_is_a_lost_link_and_it_can_come_back(run, bench):
    async def scenario():
        async with Air() as air:
            sensor = await bench.sensor(air, "S1")
            phone = await air.central("phone")
            lost = asyncio.Event()
            await bench.client(phone, "S1", disconnected_callback=lambda _: lost.set())
            await sensor.kill()
            await asyncio.wait_for(lost.wait(), 5)
            assert not sensor.powered
            await sensor.power_on()
            with pytest.raises(SimulatorError, match="has power already"):
                await sensor.power_on()
            client = await bench.client(phone, "S1")
            await client.disconnect()

    run(scenario())


def test_a_relay_is_central_and_peripheral_at_once(run, bench):
    async def scenario():
        async with Air() as air:
            relay = await bench.sensor(air, "R1", program="relay")
            await bench.sensor(air, "STRAP", program="strap")
            client = await bench.client(await air.central("phone"), "R1")
            beats = asyncio.Queue()
            await client.start_notify(bench.heart, lambda _, value: beats.put_nowait(value[1]))
            relayed = [await asyncio.wait_for(beats.get(), 10) for _ in range(5)]
            air.devices["STRAP"].cut_link()  # out of range, and back
            await relay.line("strap lost")
            await relay.line("strap subscribed", since=len(relay.lines))
            while not beats.empty():
                beats.get_nowait()
            back = await asyncio.wait_for(beats.get(), 10)
            await client.disconnect()
            return [*relayed, back]

    assert all(100 <= bpm < 160 for bpm in run(scenario()))

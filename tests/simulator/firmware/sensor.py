# ruff: noqa: T201, RUF006, SIM115 (a program of the device: it prints, and files close with it)
"""A peripheral on the standard `bluetooth` API that does, on request, what stand-ins get wrong easily."""

import asyncio
import struct
import sys

import bluetooth

ENOMEM = 12
UUID = bluetooth.UUID
READ, WRITE, WRITE_COMMAND, NOTIFY, INDICATE = 0x02, 0x08, 0x04, 0x10, 0x20

name = open("/name").read()
ble = bluetooth.BLE()
ble.active(True)
ble.config(gap_name=name, mtu=256)
((heart,), (model,), (control, data, confirmed, kept)) = ble.gatts_register_services(
    (
        (UUID(0x180D), ((UUID(0x2A37), NOTIFY),)),
        (UUID(0x180A), ((UUID(0x2A24), READ),)),
        (
            UUID("7e570001-b5a3-f393-e0a9-e50e24dcca9e"),
            (
                (UUID("7e570002-b5a3-f393-e0a9-e50e24dcca9e"), READ | WRITE | WRITE_COMMAND),
                (UUID("7e570003-b5a3-f393-e0a9-e50e24dcca9e"), NOTIFY),
                (UUID("7e570004-b5a3-f393-e0a9-e50e24dcca9e"), INDICATE),
                (UUID("7e570005-b5a3-f393-e0a9-e50e24dcca9e"), READ | WRITE),
            ),
        ),
    )
)
print("handles", heart, model, control, data, confirmed, kept)
ble.gatts_write(model, b"spike of " + name.encode() + bytes(40))
ble.gatts_set_buffer(kept, 512)

mtus = {}
events = []
commands = []
wake = asyncio.ThreadSafeFlag()
hot = {}


def irq(event, fields):
    events.append(event)
    if event == 1:
        mtus[fields[0]] = 23
        commands.append((fields[0], b"A"))
    elif event == 2:
        mtus.pop(fields[0], None)
        commands.append((fields[0], b"A"))
    elif event == 21:
        mtus[fields[0]] = fields[1]
    elif event == 3:
        value = ble.gatts_read(fields[1])
        if fields[1] == control:
            commands.append((fields[0], value))
        else:
            print("kept", len(value))
    wake.set()


ble.irq(irq)


def advertise():
    flags = b"\x02\x01\x06\x03\x03\x0d\x18"
    text = name.encode()
    ble.gap_advertise(
        100_000, adv_data=flags + bytes((len(text) + 1, 9)) + text, resp_data=b"\x05\xff\xff\xffRB"
    )


async def stream(connection, start, total, tag):
    """Numbered notifications, live data first: one sender decides the order."""
    size = mtus[connection] - 3
    buffer = bytearray(size)
    at = start
    refused = 0
    try:
        while at < total:
            length = min(size, total - at)
            struct.pack_into("<IB", buffer, 0, at, tag)
            try:
                if hot.get(connection):
                    ble.gatts_notify(connection, heart, hot[connection])
                    hot[connection] = None
                ble.gatts_notify(connection, data, memoryview(buffer)[:length])
            except OSError as error:
                if error.errno != ENOMEM:
                    raise
                refused += 1
                await asyncio.sleep_ms(1)
                continue
            at += length
        print("stream done", tag, "refused", refused)
    except OSError as error:
        print("stream", tag, "stopped at", at, "errno", error.errno)


async def beat():
    bpm = 60
    while True:
        await asyncio.sleep_ms(100)
        bpm = 60 + (bpm - 59) % 40
        for connection in list(mtus):
            value = bytes((0, bpm))
            try:
                ble.gatts_notify(connection, heart, value)
            except OSError as error:
                if error.errno == ENOMEM:
                    hot[connection] = value


def flood(connection):
    errors = []
    for _ in range(20):
        try:
            ble.gatts_notify(connection, data, bytes(400))
            errors.append(0)
        except OSError as error:
            errors.append(error.errno)
    print("flood", errors)


def do(connection, command):
    kind = command[:1]
    if kind == b"A":
        if len(mtus) < 4:
            advertise()
    elif kind == b"S":
        start, total = struct.unpack_from("<II", command, 1)
        asyncio.create_task(stream(connection, start, total, command[9]))
    elif kind == b"I":
        for i in range(4):
            ble.gatts_indicate(connection, confirmed, bytes((i,)))
    elif kind == b"U":
        for i in range(500):
            ble.gatts_write(heart, bytes((1, i & 255)), True)
    elif kind == b"F":
        flood(connection)
    elif kind == b"E":
        print("events", events)
        events.clear()
    elif kind == b"D":
        ble.gap_disconnect(connection)


async def main():
    advertise()
    asyncio.create_task(beat())
    print("up", name, sys.implementation[0], ble.config("mac")[0])
    while True:
        await wake.wait()
        while commands:
            do(*commands.pop(0))


asyncio.run(main())

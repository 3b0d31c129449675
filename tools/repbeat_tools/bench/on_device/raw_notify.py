"""Runs on the device: notifies as fast as the link takes it, with nothing else to do."""

import asyncio
import struct

import bluetooth

ENOMEM = 12
SERVICE = "b7e2ff01-5a1c-4f0e-9d3b-7c6f52455042"
START = "b7e2ff02-5a1c-4f0e-9d3b-7c6f52455042"
STREAM = "b7e2ff03-5a1c-4f0e-9d3b-7c6f52455042"

ble = bluetooth.BLE()
ble.active(True)
ble.config(mtu=247)  # as the firmware: one notification fills one link-layer packet
UUID = bluetooth.UUID
((start, stream),) = ble.gatts_register_services(
    ((UUID(SERVICE), ((UUID(START), bluetooth.FLAG_WRITE), (UUID(STREAM), bluetooth.FLAG_NOTIFY))),)
)
wanted = asyncio.ThreadSafeFlag()
link = [0, 23, 0]  # connection, MTU, bytes asked for


def irq(event, data):
    if event == 1:
        link[0] = data[0]
    elif event == 21:
        link[1] = data[1]
    elif event == 3:
        (link[2],) = struct.unpack("<I", ble.gatts_read(start))
        wanted.set()


async def main():
    ble.irq(irq)
    ble.gap_advertise(30000, adv_data=b"\x02\x01\x06" + bytes((17, 7)) + bytes(UUID(SERVICE)))
    await wanted.wait()
    buf = bytearray(link[1] - 3)
    sent = 0
    while sent < link[2]:
        try:
            ble.gatts_notify(link[0], stream, buf)
            sent += len(buf)
        except OSError as error:
            if error.errno != ENOMEM:
                raise
            await asyncio.sleep_ms(1)


asyncio.run(main())

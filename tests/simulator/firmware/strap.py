"""A chest strap: the Heart Rate service, a beat every 100 ms."""

import asyncio

import bluetooth

ble = bluetooth.BLE()
ble.active(True)
ble.config(gap_name="STRAP")
((heart,),) = ble.gatts_register_services(((bluetooth.UUID(0x180D), ((bluetooth.UUID(0x2A37), 0x10),)),))
connections = set()


def advertise():
    ble.gap_advertise(50_000, adv_data=b"\x02\x01\x06\x03\x03\x0d\x18", resp_data=b"\x06\x09STRAP")


def irq(event, fields):
    if event == 1:
        connections.add(fields[0])
    elif event == 2:
        connections.discard(fields[0])
        advertise()


ble.irq(irq)


async def main():
    advertise()
    print("up")  # noqa: T201
    bpm = 100
    while True:
        await asyncio.sleep_ms(100)
        bpm = 100 + (bpm - 99) % 60
        for connection in list(connections):
            ble.gatts_notify(connection, heart, bytes((0, bpm)))


asyncio.run(main())

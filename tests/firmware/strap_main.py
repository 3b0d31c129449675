"""A chest strap: the Heart Rate service alone, as a device of its own on the air. Runs under MicroPython."""

import asyncio

import bluetooth

ble = bluetooth.BLE()
ble.active(True)
ble.config(gap_name="STRAP 42")
((measurement,),) = ble.gatts_register_services(
    ((bluetooth.UUID(0x180D), ((bluetooth.UUID(0x2A37), 0x10),)),)
)
connections = set()


def advertise():
    ble.gap_advertise(50000, adv_data=b"\x02\x01\x06\x03\x03\x0d\x18", resp_data=b"\x09\x09STRAP 42")


def irq(event, data):
    if event == 1:
        connections.add(data[0])
    elif event == 2:
        connections.discard(data[0])
        advertise()


async def main():
    ble.irq(irq)
    advertise()
    second = 0
    while True:
        await asyncio.sleep_ms(1000)
        second += 1
        # contact, RR: 2 intervals a second of 500 and 520 / 1024 s, told apart by the second they are of
        value = bytes((0x16, 100 + second % 40)) + (500 + second % 8).to_bytes(2, "little") + b"\x08\x02"
        for connection in list(connections):
            ble.gatts_notify(connection, measurement, value)


asyncio.run(main())

# ruff: noqa: T201 (a program of the device: it prints)
"""A chest strap's heart rate, read as a central and served as a peripheral."""

import asyncio

import bluetooth

UUID = bluetooth.UUID
HEART_SERVICE, HEART, CCCD = UUID(0x180D), UUID(0x2A37), UUID(0x2902)

ble = bluetooth.BLE()
ble.active(True)
ble.config(gap_name="R1")
((own,),) = ble.gatts_register_services(((HEART_SERVICE, ((HEART, 0x10),)),))
state = {"central": None, "strap": None, "bpm": 0}
steps = []
wake = asyncio.ThreadSafeFlag()


def irq(event, fields):
    if event == 1:
        state["central"] = fields[0]
    elif event == 2:
        state["central"] = None
        steps.append(advertise)
    elif event == 5:  # scan result
        if state["strap"] is None and b"STRAP" in bytes(fields[4]):
            state["strap"] = (fields[0], bytes(fields[1]))
            ble.gap_scan(None)
    elif event == 6:
        steps.append(connect if state["strap"] else scan)
    elif event == 7:
        ble.gattc_discover_services(fields[0], HEART_SERVICE)
    elif event == 8:
        print("strap lost")
        state["strap"] = None
        steps.append(scan)
    elif event == 9:
        state["range"] = fields[1:3]
    elif event == 10:
        ble.gattc_discover_characteristics(fields[0], *state["range"], HEART)
    elif event == 11:
        if fields[4] == HEART:
            state["value"] = (fields[2], fields[1])
    elif event == 12:
        ble.gattc_discover_descriptors(fields[0], *state["value"])
    elif event == 13:
        if fields[2] == CCCD:
            state["cccd"] = fields[1]
    elif event == 14:
        ble.gattc_write(fields[0], state["cccd"], b"\x01\x00", 1)
    elif event == 17:
        print("strap subscribed", fields[2])
    elif event == 18:
        state["bpm"] = fields[2][1]
        if state["central"] is not None:
            steps.append(relay)
    wake.set()


def advertise():
    ble.gap_advertise(100_000, adv_data=b"\x02\x01\x06\x03\x09R1")


def scan():
    ble.gap_scan(0, 30_000, 30_000, True)


def connect():
    ble.gap_connect(*state["strap"])


def relay():
    if state["central"] is not None:
        ble.gatts_notify(state["central"], own, bytes((0, state["bpm"])))


async def main():
    ble.irq(irq)
    advertise()
    scan()
    print("up")
    while True:
        await wake.wait()
        while steps:
            steps.pop(0)()


asyncio.run(main())

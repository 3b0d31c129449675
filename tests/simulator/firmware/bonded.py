# ruff: noqa: T201 (a program of the device: it prints)
"""A peripheral that pairs as /policy.json says, keeps secrets in a file, and prints every event of it."""

import json
from binascii import hexlify, unhexlify

import bluetooth

READ, READ_ENCRYPTED, READ_AUTHENTICATED = 0x02, 0x0200, 0x0400
PASSKEY = 271828

with open("/policy.json") as file:
    policy = json.load(file)
try:
    with open("/secrets.json") as file:
        secrets = json.load(file)
except OSError:
    secrets = []
ble = bluetooth.BLE()


def find(kind, key):
    return next((one for one in secrets if one[0] == kind and one[1] == key), None)


def get_secret(kind, index, key):
    if key is None:
        of_kind = [one for one in secrets if one[0] == kind]
        return unhexlify(of_kind[index][2]) if index < len(of_kind) else None
    found = find(kind, hexlify(key).decode())
    return unhexlify(found[2]) if found else None


def set_secret(kind, key, value):
    key = hexlify(key).decode()
    found = find(kind, key)
    print("secret", kind, key, "none" if value is None else len(value))
    if value is None:
        if found:
            secrets.remove(found)
        return found is not None
    if len([one for one in secrets if one[0] == kind]) >= policy["room"]:
        return False
    secrets.append([kind, key, hexlify(value).decode()])
    return True


def irq(event, data):
    if event == 4:
        return 0
    if event == 29:
        return get_secret(*data)
    if event == 30:
        kept = set_secret(*data)
        with open("/secrets.json", "w") as file:
            json.dump(secrets, file)
        return kept
    if event == 31:
        print("asked", data[1], data[2])
        if data[1] == 3:
            ble.gap_passkey(data[0], data[1], PASSKEY)
    elif event in (27, 28):
        print("event", event, *data[1:])
    elif event in (1, 2):
        ble.gap_advertise(20000, adv_data=b"\x02\x01\x06")
        print("event", event)
    return None


ble.active(True)
ble.config(gap_name="bonded", mtu=247)
ble.config(bond=policy["bond"], mitm=policy["mitm"], io=policy["io"], le_secure=True)
ble.irq(irq)
uuids = [bluetooth.UUID(f"7e57001{n}-b5a3-f393-e0a9-e50e24dcca9e") for n in range(4)]
service = (
    uuids[0],
    ((uuids[1], READ), (uuids[2], READ | READ_ENCRYPTED), (uuids[3], READ | READ_AUTHENTICATED)),
)
((plain, encrypted, authenticated),) = ble.gatts_register_services((service,))
for handle, value in ((plain, b"plain"), (encrypted, b"encrypted"), (authenticated, b"authenticated")):
    ble.gatts_write(handle, value)
ble.gap_advertise(20000, adv_data=b"\x02\x01\x06", resp_data=b"\x07\x09bonded")
print("up")

"""Names on the air: RepBeat's own service and the standard ones it serves.

LAYOUT changes whenever a service or characteristic is added, moved or removed: a companion that
cached another layout must discover anew (BlueZ keeps stale caches after an update).
"""

LAYOUT = 2

SERVICE = "b7e20001-5a1c-4f0e-9d3b-7c6f52455042"
CONTROL = "b7e20002-5a1c-4f0e-9d3b-7c6f52455042"  # write: frames.FETCH, ACK, STOP, SET_TIME, sealed
DATA = "b7e20003-5a1c-4f0e-9d3b-7c6f52455042"  # notify: frames.DATA, HEAD, GAP, REFUSAL
TRANSFER = "b7e20004-5a1c-4f0e-9d3b-7c6f52455042"  # write, notify: transfer messages, sealed
INFO = "b7e20005-5a1c-4f0e-9d3b-7c6f52455042"  # read: frames.INFO
LIVE = "b7e20006-5a1c-4f0e-9d3b-7c6f52455042"  # notify: live.LIVE, latest value only
TRUST = "b7e20007-5a1c-4f0e-9d3b-7c6f52455042"  # write, notify: auth messages

# Bluetooth SIG assigned numbers
HEART_RATE_SERVICE = 0x180D
HEART_RATE_MEASUREMENT = 0x2A37
BODY_SENSOR_LOCATION = 0x2A38
BATTERY_SERVICE = 0x180F
BATTERY_LEVEL = 0x2A19
DEVICE_INFORMATION_SERVICE = 0x180A
MANUFACTURER_NAME = 0x2A29
MODEL_NUMBER = 0x2A24
SERIAL_NUMBER = 0x2A25
FIRMWARE_REVISION = 0x2A26
SOFTWARE_REVISION = 0x2A28
CURRENT_TIME_SERVICE = 0x1805
CURRENT_TIME = 0x2A2B
RUNNING_SPEED_CADENCE_SERVICE = 0x1814
RSC_MEASUREMENT = 0x2A53
RSC_FEATURE = 0x2A54
CCCD = 0x2902

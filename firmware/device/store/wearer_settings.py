"""The wearer's own settings as a companion brings them: a JSON object, all of which is taken or nothing.

Cues, quiet hours, nudges and the zone to stay in (protocol/transfer.md); no key, no calibration and no
athlete can be changed this way. null gives a setting back its default.
"""

import json
from hashlib import sha256

from device.store.flash import StoreError
from repbeat_protocol import transfer

NAMES = (
    "haptic",
    "light",
    "quiet_from_min",
    "quiet_until_min",
    "nudge_after_min",
    "nudge_from_min",
    "nudge_until_min",
    "zone_low",
    "zone_high",
)
CUE = "cue_"


class WearerSettings(transfer.Slot):
    """A Slot of the Receiver for transfer kind SETTINGS; what is under way is in memory, and begun anew."""

    limit = transfer.SETTINGS_MAX

    def __init__(self, settings) -> None:
        self._settings = settings
        self._blob = b""

    def resume(self, ident: int, length: int, digest8: bytes) -> int:
        """See Slot."""
        self._blob = bytearray(transfer.DIGEST_SIZE + length)
        return 0

    def write(self, offset: int, data: memoryview) -> None:
        """See Slot."""
        self._blob[offset : offset + len(data)] = data

    def held(self, size: int) -> bytes:
        """See Slot."""
        return bytes(self._blob[:size])

    def digest(self) -> bytes:
        """See Slot."""
        return sha256(memoryview(self._blob)[transfer.DIGEST_SIZE :]).digest()

    def accept(self) -> int:
        """See Slot."""
        content, self._blob = bytes(self._blob[transfer.DIGEST_SIZE :]), b""
        try:
            asked = json.loads(content)
            if not isinstance(asked, dict) or [name for name in asked if not _taken(name, asked[name])]:
                return transfer.BAD_SETTING
            self._settings.update(asked)
        except ValueError:  # no JSON, or BadSetting
            return transfer.BAD_SETTING
        except StoreError:
            return transfer.STORAGE
        return 0


def _taken(name: str, value) -> bool:
    return name in NAMES or (name.startswith(CUE) and (value is None or isinstance(value, str)))

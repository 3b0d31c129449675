"""What a session keeps for the next one: settings that the device writes itself."""

from device.store.flash import StoreError


class Memory:
    """`settings`: store.Settings; `failed(error)` takes a flash that does not: training goes on without."""

    def __init__(self, settings, failed) -> None:
        self._settings = settings
        self._failed = failed

    def get(self, name: str, default: int | str) -> int | str:
        """What is kept, else `default`."""
        return self._settings.get(name, default)

    def keep(self, name: str, value: int | str | None) -> None:
        """Keep it over a restart; None forgets it."""
        try:
            self._settings.set(name, value)
        except StoreError as error:
            self._failed(error)

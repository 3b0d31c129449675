"""Setting the device back: marked in the settings first, carried out by the next boot.

A power cut at any moment leaves the device as it was, or going on with it. Erasing a megabyte takes longer
than the watchdog waits, so it is done before the watchdog is started.
"""

MARK = "erasing"
TRUST = ("key", "bond")  # with a number: settings that say who may talk to the device


def order(settings, with_trust: bool) -> None:
    """From here on it will be done. A StoreError: it will not."""
    left = {} if with_trust else _trust(settings)
    left[MARK] = 1
    settings.erase(left)


def finish(settings, plans, log) -> None:
    """Do what is marked, if anything: plans, log and settings go, another log begins."""
    if settings.get(MARK, 0):
        plans.erase()
        log.factory_reset()
        settings.erase(_trust(settings))


def _trust(settings) -> dict[str, int | str]:
    return {name: settings.get(name) for name in settings.names() if name[:-1] in TRUST}

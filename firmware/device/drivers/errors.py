"""What can be wrong with a part on the board; one class a cause, each message says what to do next."""


class SensorError(Exception):
    """A part cannot be used. `name` is the part's."""

    def __init__(self, name: str, message: str):
        super().__init__("%s: %s" % (name, message))
        self.name = name


class SensorMissing(SensorError):
    """Nothing answers at the part's address."""

    def __init__(self, name: str, address: int):
        super().__init__(
            name, "no answer at I2C address 0x%02x; check wiring, supply and the board file" % address
        )


class WrongPart(SensorError):
    """Something answers, but it is another part."""

    def __init__(self, name: str, found: int, wanted: int):
        super().__init__(
            name, "part id 0x%02x where 0x%02x belongs; name the part in the board file" % (found, wanted)
        )


class BusFault(SensorError):
    """A transfer failed while the part was in use. The next poll may work.

    `start()` sets the part up anew.
    """

    def __init__(self, name: str, errno: int):
        super().__init__(name, "I2C transfer failed (errno %d); start the part again if it goes on" % errno)


class PartSilent(BusFault):
    """A part without a bus says nothing, or nonsense. The next poll may work."""

    def __init__(self, name: str, what: str):
        SensorError.__init__(
            self, name, what + "; check its wires and supply, and the pins of the board file"
        )


class BadSetting(SensorError):
    """The part cannot do what the board file asks."""

"""A chip's 8-bit registers on an I2C bus, at addresses of 8 or 16 bits."""

from .errors import BusFault, SensorMissing, WrongPart


class Registers:
    """Reads and writes registers of one chip; a failed transfer raises BusFault."""

    def __init__(self, i2c, address: int, name: str, address_bits: int = 8):
        self._i2c = i2c
        self._address = address
        self._name = name
        self._bits = address_bits
        self._one = bytearray(1)

    def identify(self, register: int, wanted: int) -> None:
        """Check who is there. Raises SensorMissing or WrongPart."""
        try:
            self._i2c.readfrom_mem_into(self._address, register, self._one, addrsize=self._bits)
        except OSError:
            raise SensorMissing(self._name, self._address)
        if self._one[0] != wanted:
            raise WrongPart(self._name, self._one[0], wanted)

    def read_into(self, register: int, buffer) -> None:
        """Read len(buffer) bytes from `register` on."""
        try:
            self._i2c.readfrom_mem_into(self._address, register, buffer, addrsize=self._bits)
        except OSError as error:
            raise BusFault(self._name, error.errno)

    def read(self, register: int) -> int:
        self.read_into(register, self._one)
        return self._one[0]

    def write(self, register: int, value: int) -> None:
        self._one[0] = value
        self.write_from(register, self._one)

    def write_from(self, register: int, buffer) -> None:
        """Write the bytes of `buffer` to `register` and the ones after it."""
        try:
            self._i2c.writeto_mem(self._address, register, buffer, addrsize=self._bits)
        except OSError as error:
            raise BusFault(self._name, error.errno)

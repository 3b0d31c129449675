// What I2C chips with a register file share: the address pointer, bursts, and loud errors.

export class RegisterChip {
  /**
   * @param {string} name
   * @param {number} address 7 bits
   * @param {Record<number, number>} registers modelled register -> value after reset
   * @param {number} ppm how much faster this chip's own oscillator runs than the device's clock
   * @param {number} address_bytes of a register, the high one first
   */
  constructor(name, address, registers, ppm, address_bytes = 1) {
    Object.assign(this, { name, address, defaults: registers, pointer: 0, address_bytes });
    this.oscillator = 1 + ppm / 1e6;
    this.registers = new Uint8Array(Math.max(256, ...Object.keys(registers).map((r) => Number(r) + 1)));
    this.power_on();
  }

  power_on() {
    this.registers.fill(0);
    for (const [register, value] of Object.entries(this.defaults)) this.registers[register] = value;
  }

  /** One I2C write: register address, then data to it and the ones after it. */
  write(bytes, now_ms) {
    this.advance(now_ms);
    const head = this.address_bytes;
    if (bytes.length < head) this.refuse(`a write of ${bytes.length} bytes, where a register has ${head}`);
    this.pointer = head === 1 ? bytes[0] : (bytes[0] << 8) | bytes[1];
    for (let i = head; i < bytes.length; i++) {
      this.#known(this.pointer, 'write');
      this.write_register(this.pointer, bytes[i], now_ms);
      this.pointer = this.next_pointer(this.pointer);
    }
  }

  /** One I2C read from where the pointer stands, into `out`. */
  read(out, now_ms) {
    this.advance(now_ms);
    for (let i = 0; i < out.length; i++) {
      this.#known(this.pointer, 'read');
      out[i] = this.read_register(this.pointer, now_ms);
      this.pointer = this.next_pointer(this.pointer);
    }
  }

  #known(register, verb) {
    if (!(register in this.defaults))
      throw new Error(`${this.name}: ${verb} of register 0x${register.toString(16)}, which is not modelled`);
  }

  refuse(what) {
    throw new Error(`${this.name}: ${what}`);
  }

  next_pointer(register) {
    return (register + 1) & (2 ** (8 * this.address_bytes) - 1);
  }

  read_register(register) {
    return this.registers[register];
  }

  write_register(register, value) {
    this.registers[register] = value;
  }

  /** Level of the interrupt pin: true = high. */
  line() {
    return false;
  }
}

/** Instants of a free-running sample clock: the k-th sample after `start_ms`. */
export class SampleClock {
  constructor() {
    this.stop();
  }

  stop() {
    this.period_ms = 0;
  }

  start(now_ms, period_ms) {
    Object.assign(this, { start_ms: now_ms, period_ms, count: 0 });
  }

  /** Call `sample(t_ms)` for each sample instant up to now. */
  run(now_ms, sample) {
    while (this.period_ms && this.start_ms + (this.count + 1) * this.period_ms <= now_ms) {
      this.count++;
      sample(this.start_ms + this.count * this.period_ms);
    }
  }
}

/** Physical value -> two's complement of `bits`, saturated as an ADC does. */
export function quantise(value, per_lsb, bits = 16) {
  const limit = 2 ** (bits - 1);
  return Math.max(-limit, Math.min(limit - 1, Math.round(value / per_lsb)));
}

// A quadrature encoder on a pulley and the pulse counter (PCNT) that counts its edges, as machine.Encoder of MicroPython's ESP32 port
// offers it: docs/library/machine.Encoder.rst. The way is a signal in mm; the count starts at 0 where the cable then is.
const UNITS = { esp32: 8, esp32s3: 4 }; // pulse counters of each chip, by its data sheet; the ESP32-C3 has none

export class Quadrature {
  /** @param signal one channel: mm of cable. `settings`: the board's [encoder] */
  constructor({ settings, mcu, signal, refuse }) {
    Object.assign(this, { settings, mcu, signal, refuse, origin: null, phases: 1 });
    this.mm = new Float64Array(1);
  }

  open(unit, pin_a, pin_b, phases, now_ms) {
    const { settings } = this;
    if (!(unit < (UNITS[this.mcu] ?? 0))) this.refuse(`pulse counter ${unit} of the ${this.mcu}`);
    if (pin_a !== settings.pin_a || pin_b !== settings.pin_b) this.refuse(`an encoder on pins ${pin_a}, ${pin_b}: this board has it on ${settings.pin_a}, ${settings.pin_b}`);
    if (![1, 2, 4].includes(phases)) this.refuse(`${phases} phases`);
    this.phases = phases;
    this.origin = this.#edges(now_ms);
  }

  value(now_ms) {
    return Math.trunc(((this.#edges(now_ms) - this.origin) * this.phases) / 4);
  }

  #edges(now_ms) {
    this.signal.at(now_ms, this.mm);
    return Math.floor((this.mm[0] * 1000) / this.settings.um_per_count);
  }
}

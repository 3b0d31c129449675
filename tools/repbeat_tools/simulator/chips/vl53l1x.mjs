// VL53L1X distance sensor at register level, short mode. Source: ST's ultra lite driver STSW-IMG009 (BSD 3-clause): register
// addresses, start-up configuration, time-out words, status codes; data sheet DS12385: boot 1.2 ms, short mode up to 1.3 m.
import { Random } from './random.mjs';
import { RegisterChip, SampleClock } from './register_chip.mjs';

const VHV_BOUND = 0x08, VHV_START = 0x0b, CONFIGURATION = 0x2d, TIO_STATUS = 0x31, INTERRUPT = 0x46, PHASECAL = 0x4b;
const TIMEOUT_A = 0x5e, PERIOD_A = 0x60, TIMEOUT_B = 0x61, PERIOD_B = 0x63, VALID_PHASE_HIGH = 0x69, PERIOD = 0x6c, SD_CONFIG = 0x78;
const CLEAR = 0x86, MODE_START = 0x87, RESULT = 0x89, RESULT_END = 0x99, OSCILLATOR = 0xde, SYSTEM_STATUS = 0xe5, MODEL = 0x10f;
const STREAM = 0x8b, SPADS = 0x8c, DISTANCE = 0x96, SIGNAL = 0x98;

const PER_MS = 0x1d0; // steps of the slow oscillator in a millisecond, as a part at hand may have measured them
const BUDGETS_MS = { 0x001d0027: 15, 0x0051006e: 20, 0x00d6006e: 33, 0x01ae01e8: 50, 0x02e10388: 100 };
const SHORT = [[PHASECAL, 0x14], [PERIOD_A, 0x07], [PERIOD_B, 0x05], [VALID_PHASE_HIGH, 0x38], [SD_CONFIG, 0x07], [SD_CONFIG + 1, 0x05]];
const VALID = 9, TOO_WEAK = 4; // raw status: measured; no target within reach
const REACH_MM = 1300, BLIND_MM = 40;
const BOOT_MS = 1.2;
const CALIBRATION_MS = 42; // the first measurement, with the default time-outs

const DEFAULTS = { [VHV_BOUND]: 0x81, [VHV_START]: 0, [MODEL]: 0xea, [MODEL + 1]: 0xcc, [SYSTEM_STATUS]: 0 };
for (let r = CONFIGURATION; r <= MODE_START; r++) DEFAULTS[r] = 0;
for (let r = RESULT; r <= RESULT_END; r++) DEFAULTS[r] = 0;
Object.assign(DEFAULTS, { [OSCILLATOR]: PER_MS >> 8, [OSCILLATOR + 1]: PER_MS & 0xff });
const read_only = (r) => r >= RESULT;

export class Vl53l1x extends RegisterChip {
  /** @param signal one channel: distance in mm. `noise_mm`: standard deviation of one measurement */
  constructor({ address = 0x29, ppm = 0, part = 0xea, noise_mm = 1.5, seed = 1, signal }) {
    super('VL53L1X', address, { ...DEFAULTS, [MODEL]: part }, ppm, 2);
    Object.assign(this, { signal, noise_mm, random: new Random(seed) });
    this.distance = new Float64Array(1);
  }

  power_on() {
    super.power_on();
    this.configured = new Set();
    this.clock = new SampleClock();
    this.ready = false;
    this.calibrated = false;
    this.booted_ms = null;
  }

  advance(now_ms) {
    this.booted_ms ??= now_ms + BOOT_MS;
    if (now_ms >= this.booted_ms) this.registers[SYSTEM_STATUS] = 0x03;
    this.clock.run(now_ms, (t_ms) => this.#measure(t_ms));
  }

  #measure(end_ms) {
    const r = this.registers;
    this.signal.at(end_ms - this.budget_ms / 2, this.distance);
    const truth_mm = this.distance[0];
    const seen = truth_mm >= BLIND_MM && truth_mm <= REACH_MM;
    const mm = seen ? Math.round(truth_mm + this.noise_mm * this.#gaussian()) : 0;
    const view = new DataView(r.buffer);
    r[RESULT] = seen ? VALID : TOO_WEAK;
    r[STREAM] = r[STREAM] === 255 ? 128 : r[STREAM] + 1;
    view.setUint16(SPADS, 0x1000);
    view.setUint16(DISTANCE, mm);
    view.setUint16(SIGNAL, seen ? 0x0400 : 0x0004);
    this.ready = true;
    this.calibrated = true;
  }

  #gaussian() {
    return Math.sqrt(-2 * Math.log(1 - this.random.next())) * Math.cos(2 * Math.PI * this.random.next());
  }

  read_register(register, now_ms) {
    if (now_ms < this.booted_ms && register < SYSTEM_STATUS) this.refuse('used before it has booted');
    if (register === TIO_STATUS) return (this.registers[register] & 0xfe) | (this.ready ? 1 : 0); // interrupt active high
    return super.read_register(register);
  }

  write_register(register, value, now_ms) {
    if (read_only(register)) this.refuse(`write to read-only register 0x${register.toString(16)}`);
    if (register === 0x30 && value !== 0x01) this.refuse('an interrupt that is not active high');
    this.registers[register] = value;
    this.configured.add(register);
    if (register === CLEAR && value & 1) this.ready = false;
    if (register === MODE_START) this.#mode(value, now_ms);
  }

  #mode(value, now_ms) {
    this.clock.stop();
    if (value === 0) return;
    if (value !== 0x40) this.refuse(`mode 0x${value.toString(16)}: only timed ranging (0x40) is modelled`);
    for (let r = CONFIGURATION; r <= MODE_START; r++)
      if (!this.configured.has(r)) this.refuse(`ranging, but register 0x${r.toString(16)} was never configured`);
    if (this.registers[INTERRUPT] !== 0x20) this.refuse('an interrupt on something else than a new sample');
    this.registers[STREAM] = 255; // the first measurement counts 128
    if (!this.calibrated) {
      this.budget_ms = CALIBRATION_MS;
      return this.clock.start(now_ms, CALIBRATION_MS);
    }
    this.#short_mode();
    const view = new DataView(this.registers.buffer);
    const period_ms = view.getUint32(PERIOD) / PER_MS / 1.075;
    if (period_ms < this.budget_ms) this.refuse(`a period of ${period_ms} ms is shorter than the budget of ${this.budget_ms} ms`);
    this.clock.start(now_ms, period_ms / this.oscillator);
  }

  #short_mode() {
    const r = this.registers;
    for (const [register, value] of SHORT)
      if (r[register] !== value) this.refuse(`register 0x${register.toString(16)} is 0x${r[register].toString(16)}: not the short mode`);
    const view = new DataView(r.buffer);
    this.budget_ms = BUDGETS_MS[view.getUint16(TIMEOUT_A) * 0x10000 + view.getUint16(TIMEOUT_B)];
    if (!this.budget_ms) this.refuse('time-outs of no timing budget');
  }

  /** GPIO1: high while a measurement waits. */
  line() {
    return this.ready;
  }
}

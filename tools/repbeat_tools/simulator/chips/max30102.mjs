// MAX30102 pulse oximeter at register level. Source: Maxim 19-7740 rev 1 (10/18), tables 4-11 and "FIFO configuration".
import { RegisterChip, SampleClock } from './register_chip.mjs';

const STATUS_1 = 0x00, STATUS_2 = 0x01, ENABLE_1 = 0x02, ENABLE_2 = 0x03;
const WRITE_POINTER = 0x04, OVERFLOW = 0x05, READ_POINTER = 0x06, DATA = 0x07;
const FIFO_CONFIG = 0x08, MODE = 0x09, SPO2_CONFIG = 0x0a, LED1 = 0x0c, LED2 = 0x0d, SLOTS_1_2 = 0x11, SLOTS_3_4 = 0x12;
const TEMP_INTEGER = 0x1f, TEMP_FRACTION = 0x20, TEMP_CONFIG = 0x21, REVISION = 0xfe, PART = 0xff;

const DEFAULTS = Object.fromEntries(
  [STATUS_2, ENABLE_1, ENABLE_2, WRITE_POINTER, OVERFLOW, READ_POINTER, DATA, FIFO_CONFIG, MODE, SPO2_CONFIG, LED1, LED2,
    SLOTS_1_2, SLOTS_3_4, TEMP_INTEGER, TEMP_FRACTION, TEMP_CONFIG].map((register) => [register, 0]));
Object.assign(DEFAULTS, { [STATUS_1]: 0x01, [REVISION]: 0x03, [PART]: 0x15 });

const DEPTH = 32;
const RATES_HZ = [50, 100, 200, 400, 800, 1000, 1600, 3200];
const WIDTHS_US = [69, 118, 215, 411];
const FASTEST_HZ = { 1: [3200, 1600, 1600, 1000], 2: [1600, 1000, 800, 400] }; // by slots in use and pulse width (tables 11, 12)
const A_FULL = 0x80, PPG_RDY = 0x40, DIE_TEMP_RDY = 0x02;
const TEMPERATURE_MS = 29; // conversion time, table "electrical characteristics"
const MA_PER_STEP = 0.2; // LEDx_PA

export class Max30102 extends RegisterChip {
  /** @param signal channels ir, red in nA of photocurrent per mA of LED current (see model/README.md) */
  constructor({ address = 0x57, ppm = 0, temperature_c = 31.5, part = 0x15, signal }) {
    super('MAX30102', address, { ...DEFAULTS, [PART]: part }, ppm);
    Object.assign(this, { signal, temperature_c });
    this.light = new Float64Array(2);
  }

  power_on() {
    super.power_on();
    this.fifo = new Int32Array(DEPTH * 4);
    this.clock = new SampleClock();
    Object.assign(this, { stored: 0, byte: 0, sums: [0, 0, 0, 0], summed: 0, temperature_at: Infinity });
  }

  slots() {
    const mode = this.registers[MODE] & 7;
    if (mode === 2) return [1];
    if (mode === 3) return [1, 2];
    const [a, b] = [this.registers[SLOTS_1_2], this.registers[SLOTS_3_4]];
    const slots = [];
    for (const slot of [a & 7, (a >> 4) & 7, b & 7, (b >> 4) & 7]) {
      if (slot === 0) break;
      if (slot > 2) this.refuse(`slot value ${slot}: the part has LED1 (red) and LED2 (IR) only`);
      slots.push(slot);
    }
    return slots;
  }

  /** mA through each LED that is pulsed now, by slot. */
  get light_ma() {
    const mode = this.registers[MODE];
    if (mode & 0x80 || (mode & 7) === 0) return []; // shut down, or never started
    return this.slots().map((slot) => this.registers[slot === 1 ? LED1 : LED2] * MA_PER_STEP);
  }

  advance(now_ms) {
    this.clock.run(now_ms, (t_ms) => this.#convert(t_ms));
    if (now_ms >= this.temperature_at) {
      this.temperature_at = Infinity;
      this.registers[TEMP_CONFIG] = 0;
      this.registers[TEMP_INTEGER] = Math.floor(this.temperature_c) & 0xff;
      this.registers[TEMP_FRACTION] = Math.floor((this.temperature_c - Math.floor(this.temperature_c)) * 16);
      if (this.registers[ENABLE_2] & DIE_TEMP_RDY) this.registers[STATUS_2] |= DIE_TEMP_RDY;
    }
  }

  #convert(t_ms) {
    this.signal.at(t_ms, this.light);
    const spo2 = this.registers[SPO2_CONFIG];
    const full_scale_na = 2048 << ((spo2 >> 5) & 3);
    const resolution = 15 + (spo2 & 3); // pulse width sets the ADC's bits; the word stays left-justified to 18
    const slots = this.slots();
    for (let k = 0; k < slots.length; k++) {
      const ma = this.registers[slots[k] === 1 ? LED1 : LED2] * MA_PER_STEP;
      const na = this.light[slots[k] === 1 ? 1 : 0] * ma;
      const step = 2 ** (18 - resolution);
      const count = Math.floor((na / full_scale_na) * 2 ** resolution) * step;
      this.sums[k] += Math.max(0, Math.min(2 ** 18 - step, count));
    }
    const averaged = 1 << Math.min(5, this.registers[FIFO_CONFIG] >> 5);
    if (++this.summed < averaged) return;
    this.#push(this.sums.map((sum) => Math.floor(sum / averaged)));
    this.sums.fill(0);
    this.summed = 0;
  }

  #push(words) {
    const r = this.registers;
    if (this.stored === DEPTH) {
      if (r[FIFO_CONFIG] & 0x10) this.refuse('FIFO rolled over: what OVF_COUNTER does then is not documented, so not modelled');
      r[OVERFLOW] = Math.min(0x1f, r[OVERFLOW] + 1);
      return;
    }
    this.fifo.set(words, r[WRITE_POINTER] * 4);
    r[WRITE_POINTER] = (r[WRITE_POINTER] + 1) % DEPTH;
    this.stored++;
    if (r[ENABLE_1] & PPG_RDY) r[STATUS_1] |= PPG_RDY;
    if (r[ENABLE_1] & A_FULL && DEPTH - this.stored <= (r[FIFO_CONFIG] & 0x0f)) r[STATUS_1] |= A_FULL;
  }

  read_register(register) {
    const r = this.registers;
    if (register === DATA) return this.#pop();
    const value = r[register];
    if (register === STATUS_1 || register === STATUS_2) r[register] = 0; // cleared by reading
    return value;
  }

  #pop() {
    const r = this.registers;
    const bytes = this.slots().length * 3;
    if (bytes === 0 || this.stored === 0) return 0;
    const word = this.fifo[r[READ_POINTER] * 4 + Math.floor(this.byte / 3)];
    const value = (word >> (16 - 8 * (this.byte % 3))) & 0xff;
    if (++this.byte === bytes) {
      this.byte = 0;
      r[READ_POINTER] = (r[READ_POINTER] + 1) % DEPTH;
      this.stored--;
      r[OVERFLOW] = 0;
    }
    r[STATUS_1] &= ~(A_FULL | PPG_RDY);
    return value;
  }

  next_pointer(register) {
    return register === DATA ? DATA : super.next_pointer(register);
  }

  write_register(register, value, now_ms) {
    const r = this.registers;
    if ([STATUS_1, STATUS_2, DATA, TEMP_INTEGER, TEMP_FRACTION, REVISION, PART].includes(register))
      this.refuse(`write to read-only register 0x${register.toString(16)}`);
    if (register === MODE && value & 0x40) {
      this.power_on();
      r[STATUS_1] = 0;
      return;
    }
    r[register] = value;
    if (register === TEMP_CONFIG && value & 1) this.temperature_at = now_ms + TEMPERATURE_MS;
    if ([WRITE_POINTER, READ_POINTER].includes(register)) {
      r[register] &= 0x1f;
      this.stored = (r[WRITE_POINTER] - r[READ_POINTER] + DEPTH) % DEPTH;
      this.byte = 0;
    }
    if ([MODE, SPO2_CONFIG, FIFO_CONFIG, SLOTS_1_2, SLOTS_3_4].includes(register)) this.#restart(now_ms);
  }

  #restart(now_ms) {
    const mode = this.registers[MODE];
    this.sums.fill(0);
    this.summed = 0;
    this.clock.stop();
    if (mode & 0x80 || (mode & 7) === 0) return;
    if (![2, 3, 7].includes(mode & 7)) this.refuse(`mode ${mode & 7} is reserved`);
    const rate_hz = RATES_HZ[(this.registers[SPO2_CONFIG] >> 2) & 7];
    const width = this.registers[SPO2_CONFIG] & 3;
    const slots = this.slots().length;
    if (slots === 0) return;
    if (!(slots in FASTEST_HZ)) this.refuse(`${slots} slots: limits of rate are documented for one and two only`);
    if (rate_hz > FASTEST_HZ[slots][width])
      this.refuse(`${rate_hz} samples/s do not fit ${slots} pulses of ${WIDTHS_US[width]} us`);
    this.clock.start(now_ms, 1000 / (rate_hz * this.oscillator));
  }

  /** INT is open drain, active low. */
  line() {
    const r = this.registers;
    return !(r[STATUS_1] & (r[ENABLE_1] | 1) || r[STATUS_2] & r[ENABLE_2]);
  }
}

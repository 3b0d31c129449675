// MPU-6886 6-axis IMU at register level. Source: InvenSense DS-000193 rev 1.1 (register map, "1 kB FIFO", wake on motion).
import { RegisterChip, SampleClock, quantise } from './register_chip.mjs';

const SMPLRT_DIV = 0x19, CONFIG = 0x1a, GYRO_CONFIG = 0x1b, ACCEL_CONFIG = 0x1c, ACCEL_CONFIG2 = 0x1d, LP_MODE = 0x1e;
const WOM_X = 0x20, WOM_Y = 0x21, WOM_Z = 0x22, FIFO_EN = 0x23, INT_PIN = 0x37, INT_ENABLE = 0x38, INT_STATUS = 0x3a;
const OUT = 0x3b, SIGNAL_RESET = 0x68, INTELLIGENCE = 0x69, USER_CTRL = 0x6a, POWER_1 = 0x6b, POWER_2 = 0x6c;
const COUNT_H = 0x72, COUNT_L = 0x73, FIFO_RW = 0x74, WHO_AM_I = 0x75;

const zero = [SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG, ACCEL_CONFIG2, LP_MODE, WOM_X, WOM_Y, WOM_Z, FIFO_EN, INT_PIN,
  INT_ENABLE, INT_STATUS, SIGNAL_RESET, INTELLIGENCE, USER_CTRL, POWER_2, COUNT_H, COUNT_L, FIFO_RW];
for (let r = OUT; r < OUT + 14; r++) zero.push(r);
const DEFAULTS = { ...Object.fromEntries(zero.map((r) => [r, 0])), [POWER_1]: 0x41, [WHO_AM_I]: 0x19, [CONFIG]: 0x80 };
const READ_ONLY = new Set([INT_STATUS, COUNT_H, COUNT_L, WHO_AM_I]);
for (let r = OUT; r < OUT + 14; r++) READ_ONLY.add(r);

const FIFO_BYTES = 1024;
const OVERFLOW = 0x10, WOKEN = 0xe0;

export class Mpu6886 extends RegisterChip {
  /** @param signal channels ax ay az in g (gravity included), gx gy gz in deg/s */
  constructor({ address = 0x68, ppm = 0, part = 0x19, temperature_c = 30, signal }) {
    super('MPU6886', address, { ...DEFAULTS, [WHO_AM_I]: part }, ppm);
    Object.assign(this, { signal, temperature_c });
    this.motion = new Float64Array(6);
  }

  power_on() {
    super.power_on();
    this.fifo = [];
    this.clock = new SampleClock();
    this.previous = null;
  }

  advance(now_ms) {
    this.clock.run(now_ms, (t_ms) => this.#sample(t_ms));
  }

  #sample(t_ms) {
    const r = this.registers;
    this.signal.at(t_ms, this.motion);
    const view = new DataView(r.buffer);
    const g_per_lsb = (2 << ((r[ACCEL_CONFIG] >> 3) & 3)) / 32768;
    const dps_per_lsb = (250 << ((r[GYRO_CONFIG] >> 3) & 3)) / 32768;
    for (let axis = 0; axis < 3; axis++) {
      view.setInt16(OUT + 2 * axis, quantise(this.motion[axis], g_per_lsb));
      view.setInt16(OUT + 8 + 2 * axis, quantise(this.motion[3 + axis], dps_per_lsb));
    }
    view.setInt16(OUT + 6, Math.round((this.temperature_c - 25) * 326.8));
    this.#wake_detector();
    if (!(r[USER_CTRL] & 0x40)) return;
    if (r[FIFO_EN] & 0x08) this.#batch(OUT, 8); // acceleration, then temperature
    if (r[FIFO_EN] & 0x10) this.#batch(OUT + 8, 6);
  }

  #wake_detector() {
    const r = this.registers;
    if (r[INTELLIGENCE] & 0x80 && this.previous) {
      for (let axis = 0; axis < 3; axis++) {
        const threshold_g = r[WOM_X + axis] * 0.004; // 4 mg a step
        if (Math.abs(this.motion[axis] - this.previous[axis]) > threshold_g) r[INT_STATUS] |= 0x80 >> axis;
      }
    }
    this.previous = Array.from(this.motion.subarray(0, 3));
  }

  #batch(from, n) {
    for (let i = 0; i < n; i++) {
      if (this.fifo.length === FIFO_BYTES) {
        this.registers[INT_STATUS] |= OVERFLOW;
        if (this.registers[CONFIG] & 0x40) return; // FIFO_MODE 1: what does not fit is dropped
        this.fifo.shift();
      }
      this.fifo.push(this.registers[from + i]);
    }
  }

  read_register(register) {
    const r = this.registers;
    if (register === COUNT_H) return this.fifo.length >> 8;
    if (register === COUNT_L) return this.fifo.length & 0xff;
    if (register === FIFO_RW) return this.fifo.length ? this.fifo.shift() : 0xff;
    const value = r[register];
    if (register === INT_STATUS) r[INT_STATUS] = 0;
    return value;
  }

  next_pointer(register) {
    return register === FIFO_RW ? FIFO_RW : super.next_pointer(register);
  }

  write_register(register, value, now_ms) {
    if (READ_ONLY.has(register)) this.refuse(`write to read-only register 0x${register.toString(16)}`);
    if (register === POWER_1 && value & 0x80) return this.power_on();
    this.registers[register] = value;
    if (register === USER_CTRL) {
      if (value & 0x04) this.fifo.length = 0;
      this.registers[USER_CTRL] &= ~0x05;
    }
    if ([POWER_1, SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG2].includes(register)) this.#restart(now_ms);
  }

  #restart(now_ms) {
    const r = this.registers;
    this.previous = null;
    this.clock.stop();
    if (r[POWER_1] & 0x40) return;
    if (r[GYRO_CONFIG] & 3 || r[ACCEL_CONFIG2] & 8 || [0, 7].includes(r[CONFIG] & 7)) return; // 8 kHz set-ups: no FIFO use here
    this.clock.start(now_ms, (1 + r[SMPLRT_DIV]) / this.oscillator);
  }

  /** INT: active low when INT_PIN bit 7 is set. */
  line() {
    const r = this.registers;
    const active = Boolean(r[INT_STATUS] & r[INT_ENABLE] & (WOKEN | OVERFLOW));
    return r[INT_PIN] & 0x80 ? !active : active;
  }
}

// LSM6DSO 6-axis IMU at register level. Source: ST DS12140 rev 2 (registers, 6.5 FIFO), AN5192 (wake-up, FIFO words).
import { RegisterChip, SampleClock, quantise } from './register_chip.mjs';

const FIFO_CTRL1 = 0x07, FIFO_CTRL2 = 0x08, FIFO_CTRL3 = 0x09, FIFO_CTRL4 = 0x0a, INT1_CTRL = 0x0d, INT2_CTRL = 0x0e;
const WHO_AM_I = 0x0f, CTRL1_XL = 0x10, CTRL2_G = 0x11, CTRL3_C = 0x12, CTRL4_C = 0x13, CTRL5_C = 0x14, CTRL6_C = 0x15;
const CTRL7_G = 0x16, CTRL8_XL = 0x17, CTRL9_XL = 0x18, CTRL10_C = 0x19, WAKE_UP_SRC = 0x1b, STATUS = 0x1e;
const OUT_TEMP = 0x20, OUT_G = 0x22, OUT_A = 0x28, FIFO_STATUS1 = 0x3a, FIFO_STATUS2 = 0x3b;
const TAP_CFG0 = 0x56, TAP_CFG2 = 0x58, WAKE_UP_THS = 0x5b, WAKE_UP_DUR = 0x5c, MD1_CFG = 0x5e, MD2_CFG = 0x5f;
const FREQ_FINE = 0x63, TAG = 0x78, LAST_DATA = 0x7e;

const zero = [FIFO_CTRL1, FIFO_CTRL2, FIFO_CTRL3, FIFO_CTRL4, INT1_CTRL, INT2_CTRL, CTRL1_XL, CTRL2_G, CTRL4_C, CTRL5_C,
  CTRL6_C, CTRL7_G, CTRL8_XL, CTRL10_C, WAKE_UP_SRC, STATUS, FIFO_STATUS1, FIFO_STATUS2, TAP_CFG0, TAP_CFG2, WAKE_UP_THS,
  WAKE_UP_DUR, MD1_CFG, MD2_CFG, FREQ_FINE];
for (let r = OUT_TEMP; r < OUT_A + 6; r++) zero.push(r);
for (let r = TAG; r <= LAST_DATA; r++) zero.push(r);
const DEFAULTS = { ...Object.fromEntries(zero.map((r) => [r, 0])), [WHO_AM_I]: 0x6c, [CTRL3_C]: 0x04, [CTRL9_XL]: 0xe0 };
const READ_ONLY = new Set([WHO_AM_I, WAKE_UP_SRC, STATUS, FIFO_STATUS1, FIFO_STATUS2, FREQ_FINE]);
for (let r = OUT_TEMP; r < OUT_A + 6; r++) READ_ONLY.add(r);
for (let r = TAG; r <= LAST_DATA; r++) READ_ONLY.add(r);

const DEPTH_WORDS = 512; // 3 kbyte of 6-byte words, each with a tag
const TAG_GYRO = 1, TAG_ACCEL = 2;
const ODR_HZ = [0, 12.5, 26, 52, 104, 208, 417, 833, 1667, 3333, 6667];
const ACCEL_G = [2, 16, 4, 8]; // FS_XL order
const GYRO_DPS = [250, 500, 1000, 2000];

export class Lsm6dso extends RegisterChip {
  /** @param signal channels ax ay az in g (gravity included), gx gy gz in deg/s */
  constructor({ address = 0x6a, ppm = 0, part = 0x6c, signal }) {
    super('LSM6DSO', address, { ...DEFAULTS, [WHO_AM_I]: part }, ppm);
    this.signal = signal;
    this.motion = new Float64Array(6);
  }

  power_on() {
    super.power_on();
    this.words = new Uint8Array(DEPTH_WORDS * 7);
    this.clock = new SampleClock();
    this.previous = new Float64Array(3);
    Object.assign(this, { head: 0, stored: 0, slot: 0, overran: false, fresh: true, woken: false });
  }

  advance(now_ms) {
    this.clock.run(now_ms, (t_ms) => this.#sample(t_ms));
  }

  #sample(t_ms) {
    const r = this.registers;
    this.signal.at(t_ms, this.motion);
    const accel_on = r[CTRL1_XL] >> 4;
    const gyro_on = r[CTRL2_G] >> 4 && !(r[CTRL4_C] & 0x40);
    const view = new DataView(r.buffer);
    const mg_per_lsb = (ACCEL_G[(r[CTRL1_XL] >> 2) & 3] / 2) * 0.061;
    const dps_per_lsb = (GYRO_DPS[(r[CTRL2_G] >> 2) & 3] / 250) * 0.00875;
    for (let axis = 0; axis < 3; axis++) {
      if (accel_on) view.setInt16(OUT_A + 2 * axis, quantise(this.motion[axis] * 1000, mg_per_lsb), true);
      if (gyro_on) view.setInt16(OUT_G + 2 * axis, quantise(this.motion[3 + axis], dps_per_lsb), true);
    }
    r[STATUS] |= (accel_on ? 1 : 0) | (gyro_on ? 2 : 0);
    if (accel_on) this.#wake_detector();
    if ((r[FIFO_CTRL4] & 7) === 0) return;
    if (gyro_on && r[FIFO_CTRL3] >> 4) this.#batch(TAG_GYRO, OUT_G);
    if (accel_on && r[FIFO_CTRL3] & 0x0f) this.#batch(TAG_ACCEL, OUT_A);
    this.slot = (this.slot + 1) & 3;
  }

  #wake_detector() {
    const r = this.registers;
    if (!(r[TAP_CFG2] & 0x80) || !(r[MD1_CFG] & 0x20)) return;
    const full_scale = ACCEL_G[(r[CTRL1_XL] >> 2) & 3];
    const threshold = (r[WAKE_UP_THS] & 0x3f) * (full_scale / (r[WAKE_UP_DUR] & 0x10 ? 256 : 64));
    let over = false;
    for (let axis = 0; axis < 3; axis++) {
      const slope = (this.motion[axis] - this.previous[axis]) / 2; // AN5192 5.2: slope filter
      over ||= !this.fresh && Math.abs(slope) > threshold;
      this.previous[axis] = this.motion[axis];
    }
    this.fresh = false;
    if (over) {
      this.woken = true;
      r[WAKE_UP_SRC] |= 0x08;
    } else if (!(r[TAP_CFG0] & 1)) this.woken = false; // not latched: follows the motion
  }

  #batch(tag, from) {
    if (this.stored === DEPTH_WORDS) {
      if ((this.registers[FIFO_CTRL4] & 7) === 1) return; // FIFO mode stops when full
      this.overran = true;
      this.head = (this.head + 1) % DEPTH_WORDS;
      this.stored--;
    }
    const at = ((this.head + this.stored) % DEPTH_WORDS) * 7;
    const ones = [tag, this.slot].reduce((n, v) => n + v.toString(2).replaceAll('0', '').length, 0);
    this.words[at] = (tag << 3) | (this.slot << 1) | (ones & 1); // even parity
    this.words.set(this.registers.subarray(from, from + 6), at + 1);
    this.stored++;
  }

  read_register(register) {
    const r = this.registers;
    if (register === FIFO_STATUS1) return this.stored & 0xff;
    if (register === FIFO_STATUS2) {
      const mark = r[FIFO_CTRL1] | ((r[FIFO_CTRL2] & 1) << 8);
      const flags = (mark && this.stored >= mark ? 0x80 : 0) | (this.overran ? 0x48 : 0) | (this.stored === DEPTH_WORDS ? 0x20 : 0);
      this.overran = false;
      return flags | (this.stored >> 8);
    }
    if (register === WAKE_UP_SRC) {
      const value = r[WAKE_UP_SRC];
      r[WAKE_UP_SRC] = 0;
      this.woken = false;
      return value;
    }
    if (register < TAG) return r[register];
    const value = this.stored ? this.words[this.head * 7 + register - TAG] : 0;
    if (register === LAST_DATA && this.stored) {
      this.head = (this.head + 1) % DEPTH_WORDS;
      this.stored--;
    }
    return value;
  }

  next_pointer(register) {
    if (register === LAST_DATA) return TAG; // bursts wrap word by word
    return this.registers[CTRL3_C] & 0x04 ? super.next_pointer(register) : register;
  }

  write_register(register, value, now_ms) {
    if (READ_ONLY.has(register)) this.refuse(`write to read-only register 0x${register.toString(16)}`);
    if (register === CTRL3_C && value & 1) return this.power_on();
    this.registers[register] = value;
    if (register === FIFO_CTRL4) {
      if (![0, 1, 6].includes(value & 7)) this.refuse(`FIFO mode ${value & 7} is not modelled`);
      if (value & 0xf0) this.refuse('temperature and timestamp batching are not modelled');
      if ((value & 7) === 0) Object.assign(this, { head: 0, stored: 0, overran: false });
    }
    if (register === CTRL1_XL || register === CTRL2_G) this.#restart(now_ms);
    if (register === FIFO_CTRL3) this.#check_rates();
  }

  #restart(now_ms) {
    const [accel, gyro] = [this.registers[CTRL1_XL] >> 4, this.registers[CTRL2_G] >> 4];
    for (const odr of [accel, gyro]) if (odr >= ODR_HZ.length) this.refuse(`output data rate code ${odr} is not modelled`);
    if (accel && gyro && accel !== gyro) this.refuse('different rates of accelerometer and gyroscope are not modelled');
    this.fresh = true;
    const odr = accel || gyro;
    if (!odr) return this.clock.stop();
    this.clock.start(now_ms, 1000 / (ODR_HZ[odr] * this.oscillator));
    this.#check_rates();
  }

  #check_rates() {
    const odr = this.registers[CTRL1_XL] >> 4 || this.registers[CTRL2_G] >> 4;
    for (const batch of [this.registers[FIFO_CTRL3] >> 4, this.registers[FIFO_CTRL3] & 0x0f])
      if (odr && batch && batch !== odr) this.refuse('FIFO batch rate other than the output rate is not modelled');
  }

  /** INT1, push-pull, active high. */
  line() {
    const r = this.registers;
    const mark = r[FIFO_CTRL1] | ((r[FIFO_CTRL2] & 1) << 8);
    return Boolean((r[MD1_CFG] & 0x20 && this.woken) || (r[INT1_CTRL] & 0x08 && mark && this.stored >= mark));
  }
}

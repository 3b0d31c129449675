// HX711 load cell amplifier at the level of its two lines. Source: Avia Semiconductor, HX711 data sheet: serial interface (fig. 2),
// power down after 60 us of PD_SCK high (fig. 3), settling of 400 ms at 10 a second and 50 ms at 80.
import { Random } from './random.mjs';
import { SampleClock } from './register_chip.mjs';

const BITS = 24, PULSES = 25; // 26 and 27 ask for other inputs and gains
const OFF_MS = 0.06;
const SETTLING = 4; // conversions
const MOST = 2 ** 23 - 1;

export class Hx711 {
  /** @param signal one channel: kg on the cell. `counts_per_kg`, `zero`: of this cell; `noise`: counts, standard deviation */
  constructor({ settings, ppm = 0, signal, counts_per_kg = 21_500, zero = 84_000, noise = 25, seed = 3 }) {
    Object.assign(this, { settings, ppm, signal, counts_per_kg, zero, noise, random: new Random(seed) });
    this.kg = new Float64Array(1);
    this.high_ms = null; // since when PD_SCK is high
    this.#reset(0);
  }

  #reset(now_ms) {
    this.sampling = new SampleClock();
    this.sampling.start(now_ms, 1000 / this.settings.rate_hz / (1 + this.ppm / 1e6));
    Object.assign(this, { ready: false, counts: 0, pulses: 0, converted: 0 });
  }

  #advance(now_ms) {
    if (this.#off(now_ms)) return;
    this.sampling.run(now_ms, (t_ms) => {
      if (this.pulses) return; // while it is shifted out, the data is held
      this.signal.at(t_ms, this.kg);
      const settled = Math.min(1, ++this.converted / (SETTLING + 1));
      const noise = this.noise * Math.sqrt(-2 * Math.log(1 - this.random.next())) * Math.cos(2 * Math.PI * this.random.next());
      const counts = Math.round((this.zero + this.kg[0] * this.counts_per_kg) * settled + noise);
      Object.assign(this, { counts: Math.max(-MOST - 1, Math.min(MOST, counts)), ready: true });
    });
  }

  #off(now_ms) {
    return this.high_ms !== null && now_ms - this.high_ms >= OFF_MS;
  }

  /** DOUT: low when a conversion is ready, then its bits. */
  level(now_ms) {
    this.#advance(now_ms);
    if (this.#off(now_ms) || this.pulses === PULSES) return true;
    if (this.pulses === 0) return !this.ready;
    return Boolean((this.counts >> (BITS - this.pulses)) & 1);
  }

  /** PD_SCK as an output of the board. */
  line() {
    return { drive: (permille, now_ms) => (permille > 0 ? this.#rise(now_ms) : this.#fall(now_ms)) };
  }

  #rise(now_ms) {
    this.#advance(now_ms);
    this.high_ms = now_ms;
    if (this.ready) this.pulses++;
  }

  #fall(now_ms) {
    if (this.#off(now_ms)) {
      this.high_ms = null;
      return this.#reset(now_ms);
    }
    this.high_ms = null;
    if (this.pulses === PULSES) Object.assign(this, { pulses: 0, ready: false });
  }
}

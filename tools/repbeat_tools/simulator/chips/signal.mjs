// A time-stamped signal that a chip samples at its own instants.

/** Rows older than this are forgotten (ms): a chip that nobody asked for so long has overrun its FIFO many times. */
const KEEP_MS = 600_000;

export class Signal {
  /** @param {number[]} rest value of each channel before the first sample arrives */
  constructor(rest) {
    this.rest = Float64Array.from(rest);
    this.channels = rest.length;
    this.times = new Float64Array(1024);
    this.values = new Float64Array(1024 * this.channels);
    this.length = 0;
    this.cursor = 0;
    this.starved_ms = 0; // how long chips were asked for time that no player had filled yet
    this.asked_ms = -Infinity;
  }

  /** Append samples in order of time. `rows` is flat: channels values for each time. `now_ms`: what it is now. */
  append(times_ms, rows, now_ms) {
    const n = times_ms.length;
    if (rows.length !== n * this.channels)
      throw new Error(`signal: ${n} times but ${rows.length} values for ${this.channels} channels`);
    this.#room(n, now_ms);
    for (let i = 0; i < n; i++) {
      const last = this.length ? this.times[this.length - 1] : -Infinity;
      if (!(times_ms[i] > last)) throw new Error(`signal: time ${times_ms[i]} ms does not follow ${last} ms`);
      this.times[this.length] = times_ms[i];
      for (let c = 0; c < this.channels; c++)
        this.values[this.length * this.channels + c] = rows[i * this.channels + c];
      this.length++;
    }
  }

  /** Value of every channel at t_ms into `out`: linear between samples, held beyond the ends. */
  at(t_ms, out) {
    const { times, values, channels: C } = this;
    if (this.length === 0 || t_ms < times[0]) {
      out.set(this.length === 0 ? this.rest : values.subarray(0, C));
      return out;
    }
    const end = this.length - 1;
    if (t_ms >= times[end]) {
      if (t_ms > this.asked_ms) this.starved_ms += t_ms - Math.max(times[end], this.asked_ms);
      this.asked_ms = Math.max(this.asked_ms, t_ms);
      for (let c = 0; c < C; c++) out[c] = values[end * C + c];
      return out;
    }
    let i = Math.min(this.cursor, end - 1);
    if (times[i] > t_ms) i = this.#before(t_ms);
    while (times[i + 1] <= t_ms) i++;
    this.cursor = i;
    this.asked_ms = Math.max(this.asked_ms, t_ms);
    const share = (t_ms - times[i]) / (times[i + 1] - times[i]);
    for (let c = 0; c < C; c++) {
      const a = values[i * C + c];
      out[c] = a + (values[(i + 1) * C + c] - a) * share;
    }
    return out;
  }

  #before(t_ms) {
    let low = 0;
    let high = this.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= t_ms) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #room(n, now_ms) {
    if (this.length + n <= this.times.length) return;
    const drop = this.length ? this.#before(now_ms - KEEP_MS) : 0;
    const C = this.channels;
    const kept = this.length - drop;
    const size = Math.max(this.times.length, 2 * (kept + n));
    const times = new Float64Array(size);
    const values = new Float64Array(size * C);
    times.set(this.times.subarray(drop, this.length));
    values.set(this.values.subarray(drop * C, this.length * C));
    Object.assign(this, { times, values, length: kept, cursor: Math.max(0, this.cursor - drop) });
  }
}

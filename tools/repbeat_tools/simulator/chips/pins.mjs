// GPIO, PWM and ADC as far as the board's wiring goes: button, haptic motor, LED, battery, chips' interrupt lines.
import { Random } from './random.mjs';

const IN = 1, PULL_UP = 2, IRQ_RISING = 1, IRQ_FALLING = 2;
const LINE_POLL_MS = 50; // how often an interrupt line is looked at while firmware listens to it
const ADC_NOISE_MV = 4; // ESP32 ADC1 noise after calibration, about one raw step at 11 dB

export class Pins {
  /** @param wiring pin number -> {kind: 'button'|'haptic'|'led'|'battery'|'line'|'bus', …} */
  constructor({ wiring, clock, refuse }) {
    Object.assign(this, { wiring, clock, refuse });
    this.states = new Map();
    this.random = new Random(7);
    this.battery = { mv: 4000, charging: false };
  }

  #state(pin) {
    if (!this.wiring.has(pin)) this.refuse(`pin ${pin} is not wired on this board`);
    if (!this.states.has(pin)) this.states.set(pin, { mode: IN, pull: 0, out: 0, pressed: false, trigger: 0, callback: null, last: 0 });
    return this.states.get(pin);
  }

  config(pin, mode, pull) {
    Object.assign(this.#state(pin), { mode, pull });
  }

  read(pin) {
    const state = this.#state(pin);
    if (state.mode !== IN) return state.out;
    const part = this.wiring.get(pin);
    if (part.kind === 'line') return part.chip.level(this.clock()) ? 1 : 0;
    if (part.kind === 'charging') return this.battery.charging === !part.active_low ? 1 : 0;
    if (part.kind === 'button' && state.pressed) return part.active_low ? 0 : 1;
    return state.pull === PULL_UP || (part.kind === 'button' && part.active_low) ? 1 : 0;
  }

  write(pin, level) {
    const state = this.#state(pin);
    if (state.mode === IN) this.refuse(`pin ${pin} is an input, and was written`);
    if (state.out !== level) this.#drive(pin, level ? 1000 : 0);
    state.out = level;
  }

  pwm(pin, freq_hz, duty_u16) {
    this.#state(pin).mode = 0;
    if (freq_hz < 1 || freq_hz > 40_000_000) this.refuse(`PWM frequency ${freq_hz} Hz`);
    this.#drive(pin, Math.round((duty_u16 * 1000) / 65535));
  }

  #drive(pin, permille) {
    const part = this.wiring.get(pin);
    if (part.output) part.output.drive(part.active_low ? 1000 - permille : permille, this.clock());
    else if (part.kind !== 'hold') this.refuse(`pin ${pin} (${part.kind}) is driven, but is no output of this board`);
  }

  adc_uv(pin) {
    const part = this.wiring.get(pin);
    if (part?.kind !== 'battery') this.refuse(`ADC on pin ${pin}, where no analogue signal is modelled`);
    const noise_mv = (this.random.next() - 0.5) * 2 * ADC_NOISE_MV;
    return Math.max(0, Math.round(((this.battery.mv * 1000) / part.divider_permille + noise_mv) * 1000));
  }

  irq(pin, trigger, callback) {
    const state = this.#state(pin);
    Object.assign(state, { trigger, callback, last: this.read(pin) });
    if (this.wiring.get(pin).kind === 'line' && callback && !state.watched) this.#watch(pin, state);
  }

  /** The outside world moved something: tell the firmware about the edge. */
  press(pin, pressed) {
    const state = this.#state(pin);
    state.pressed = pressed;
    this.#edge(pin, state);
  }

  #watch(pin, state) {
    state.watched = Boolean(state.callback);
    if (!state.watched) return;
    this.#edge(pin, state);
    this.clock.at(this.clock() + LINE_POLL_MS, () => this.#watch(pin, state));
  }

  #edge(pin, state) {
    const level = this.read(pin);
    if (level === state.last) return;
    state.last = level;
    if (state.callback && state.trigger & (level ? IRQ_RISING : IRQ_FALLING)) state.callback(pin);
  }
}

/** A haptic motor felt on the skin: pulses that follow each other closely are reported as one event. */
export class Haptic {
  static GAP_MS = 600;

  constructor({ clock, emit }) {
    Object.assign(this, { clock, emit, pulses: [], on: null, timer: null });
  }

  drive(permille, now_ms) {
    if (this.on && permille !== this.on.strength) {
      const duration_ms = now_ms - this.on.start_ms;
      if (duration_ms > 0) this.pulses.push([this.on.start_ms, duration_ms, this.on.strength]);
      this.on = null;
      if (this.timer !== null) this.clock.cancel(this.timer);
      this.timer = this.clock.at(now_ms + Haptic.GAP_MS, () => this.#report());
    }
    if (permille > 0 && !this.on) {
      this.on = { start_ms: now_ms, strength: permille };
      if (this.timer !== null) this.clock.cancel(this.timer);
      this.timer = null;
    }
  }

  #report() {
    this.timer = null;
    const pulses = this.pulses;
    this.pulses = [];
    if (pulses.length) this.emit({ type: 'haptic', t_ms: pulses[0][0], pulses });
  }
}

export class Led {
  constructor({ emit }) {
    Object.assign(this, { emit, permille: 0 });
  }

  drive(permille, now_ms) {
    if (permille === this.permille) return;
    this.permille = permille;
    this.emit({ type: 'led', t_ms: now_ms, permille });
  }
}

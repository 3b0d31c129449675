// A board: the chips of its settings file, wired to the functions that standin/machine.py and standin/esp32.py call.
import { Signal } from './signal.mjs';
import { Max30102 } from './max30102.mjs';
import { Lsm6dso } from './lsm6dso.mjs';
import { Mpu6886 } from './mpu6886.mjs';
import { Vl53l1x } from './vl53l1x.mjs';
import { Hx711 } from './hx711.mjs';
import { Quadrature } from './quadrature.mjs';
import { St7789 } from './st7789.mjs';
import { Flash, Nvs, Supply } from './flash.mjs';
import { Haptic, Led, Pins } from './pins.mjs';

const PARTS = { max30102: Max30102, lsm6dso: Lsm6dso, mpu6886: Mpu6886, vl53l1x: Vl53l1x };
const STREAMS = { imu: [0, 0, 1, 0, 0, 0], ppg: [0.5, 0.4], distance: [9999], way: [0], load: [0] }; // at rest on a table: gravity, sensors facing nothing, a cable that hangs
const ENODEV = -19;
const NO_POWER = -2;
const RESET_CAUSES = { power_on: 1, hard_reset: 2, watchdog: 3, deepsleep: 4, soft_reset: 5, brownout: 1 }; // as modmachine.c numbers them

export class Board {
  /**
   * @param settings the board.json object (repbeat_tools.boards)
   * @param clock () => ms of the world's clock, with at(t_ms, fn) and cancel(id)
   * @param emit (object) => void, to the parent
   * @param halt (kind, details) => never; absent: a power cut is raised inside the firmware and the process lives on
   * @param options {ppm, sensors: {imu|optical|distance|load_cell: {ppm, part, absent, temperature_c}}, unique_id, reset_cause}
   */
  constructor({ settings, clock, emit, flashFile = null, nvsFile = null, options = {}, halt = null }) {
    Object.assign(this, { settings, clock, emit, options, halt });
    this.signals = Object.fromEntries(Object.entries(STREAMS).map(([name, rest]) => [name, new Signal(rest)]));
    this.chips = new Map(); // `${bus}/${address}` -> chip
    this.i2c_faults = 0;
    const wiring = this.#wire();
    this.pins = new Pins({ wiring, clock, refuse: (what) => this.unmodelled(what) });
    this.supply = new Supply();
    const power = { supply: this.supply, on_cut: (plan) => this.#power_cut(plan) };
    this.flash = new Flash({ partitions: settings.flash.partitions, file: flashFile, ...power });
    this.nvs = new Nvs({ file: nvsFile, ...power });
    this.watchdog = null;
  }

  unmodelled(what) {
    this.emit({ type: 'unmodelled', t_ms: this.clock(), what });
    throw new Error(`not modelled: ${what}`);
  }

  #wire() {
    const s = this.settings;
    const wiring = new Map();
    for (const bus of s.i2c) for (const pin of [bus.sda, bus.scl]) wiring.set(pin, { kind: 'bus' });
    for (const [role, stream] of [['optical', 'ppg'], ['imu', 'imu'], ['distance', 'distance']]) {
      const part = s[role];
      const extra = this.options.sensors?.[role] ?? {};
      if (!part || extra.absent) continue;
      if (!(part.part in PARTS)) throw new Error(`no model of a ${part.part}`);
      const chip = new PARTS[part.part]({ address: part.address, ppm: this.options.ppm ?? 0, signal: this.signals[stream], ...extra });
      this.chips.set(`${part.i2c}/${part.address}`, chip);
      const level = (now_ms) => (chip.advance(now_ms), chip.line());
      if (part.int_pin != null) wiring.set(part.int_pin, { kind: 'line', chip: { level } });
    }
    if (s.button) wiring.set(s.button.pin, { kind: 'button', ...s.button });
    if (s.haptic) wiring.set(s.haptic.pin, { kind: 'haptic', output: new Haptic({ clock: this.clock, emit: this.emit }) });
    if (s.led) wiring.set(s.led.pin, { kind: 'led', active_low: s.led.active_low, output: new Led({ emit: this.emit }) });
    if (s.battery) wiring.set(s.battery.pin, { kind: 'battery', ...s.battery });
    if (s.battery?.charging_pin != null) wiring.set(s.battery.charging_pin, { kind: 'charging', active_low: s.battery.charging_active_low });
    if (s.encoder) this.#wire_encoder(wiring, s.encoder);
    if (s.load_cell) this.#wire_load_cell(wiring, s.load_cell);
    if (s.display) this.#wire_display(wiring, s.display);
    if (s.hold_pin != null) wiring.set(s.hold_pin, { kind: 'hold' });
    return wiring;
  }

  #wire_encoder(wiring, settings) {
    if (settings.part !== 'quadrature') throw new Error(`no model of a ${settings.part}`);
    const refuse = (what) => this.unmodelled(what);
    this.encoder = new Quadrature({ settings, mcu: this.settings.mcu, signal: this.signals.way, refuse });
    for (const pin of [settings.pin_a, settings.pin_b]) wiring.set(pin, { kind: 'bus' });
  }

  #wire_load_cell(wiring, settings) {
    if (settings.part !== 'hx711') throw new Error(`no model of a ${settings.part}`);
    const { absent, stuck_low, ...extra } = this.options.sensors?.load_cell ?? {};
    const chip = new Hx711({ settings, ppm: this.options.ppm ?? 0, signal: this.signals.load, ...extra });
    const level = absent ? () => true : stuck_low ? () => false : (now_ms) => chip.level(now_ms);
    wiring.set(settings.data_pin, { kind: 'line', chip: { level } });
    wiring.set(settings.clock_pin, { kind: 'clock', output: chip.line() });
  }

  #wire_display(wiring, settings) {
    if (settings.part !== 'st7789') throw new Error(`no model of a ${settings.part}`);
    this.display = new St7789({ settings, clock: this.clock, emit: this.emit });
    for (const pin of [settings.sck, settings.mosi]) wiring.set(pin, { kind: 'bus' });
    for (const name of ['cs', 'dc', 'reset', 'backlight']) wiring.set(settings[name], { kind: name, output: this.display.line(name) });
  }

  #power_cut(plan) {
    const cut = { operation: this.supply.operations, byte: plan.byte };
    this.emit({ type: 'power_cut', t_ms: this.clock(), ...cut });
    if (this.halt) this.halt('power_cut', cut);
    return NO_POWER;
  }

  /** A block of a signal: times of the world's clock in ms, rows flat. */
  signal(stream, t_ms, rows) {
    if (!(stream in this.signals)) throw new Error(`no stream ${stream}: there are ${Object.keys(this.signals)}`);
    this.signals[stream].append(t_ms, rows, this.clock());
  }

  /** A message of the parent: signal, button, battery, power_cut, power_on, report (answered by an event), i2c_fault. */
  message(m) {
    if (m.type === 'signal') this.signal(m.stream, m.t_ms, m.values.flat());
    else if (m.type === 'button') this.#button(m);
    else if (m.type === 'battery') Object.assign(this.pins.battery, { mv: m.mv, charging: Boolean(m.charging) });
    else if (m.type === 'power_cut') this.supply.cut(m);
    else if (m.type === 'power_on') this.supply.power_on();
    else if (m.type === 'report') this.emit({ type: 'report', t_ms: this.clock(), ...this.report() });
    else if (m.type === 'i2c_fault') this.i2c_faults = m.transactions;
    else throw new Error(`board: unknown message ${m.type}`);
  }

  #button({ t_ms, down }) {
    if (!this.settings.button) throw new Error('this board has no button');
    const press = () => this.pins.press(this.settings.button.pin, down);
    if (t_ms === undefined || t_ms <= this.clock()) press();
    else this.clock.at(t_ms, press);
  }

  /** Figures for the parent: what the signals and the flash went through, and the optical sensor's light, mA an LED. */
  report() {
    const starved_ms = Object.fromEntries(Object.entries(this.signals).map(([k, s]) => [k, Math.round(s.starved_ms)]));
    const light_ma = [...this.chips.values()].flatMap((chip) => chip.light_ma ?? []);
    return { starved_ms, flash_operations: this.supply.operations, light_ma };
  }

  /** Functions of the JS module `_host`. `runtime` gives the interpreter's module, whose heap may move between calls. */
  functions(runtime) {
    const view = (pointer, n) => runtime().HEAPU8.subarray(pointer, pointer + n);
    return {
      ...this.#bus_functions(view),
      ...this.#spi_functions(view),
      ...this.#pin_functions(),
      ...this.#flash_functions(view),
      ...this.#nvs_functions(view),
      ...this.#system_functions(view),
    };
  }

  #bus_functions(view) {
    const chip = (bus, address) => {
      if (this.i2c_faults > 0) return this.i2c_faults--, undefined;
      return this.chips.get(`${bus}/${address}`);
    };
    return {
      i2c_config: (bus, sda, scl, freq_hz) => {
        const wired = this.settings.i2c.find((b) => b.id === bus);
        if (!wired) this.unmodelled(`I2C bus ${bus}`);
        if ((sda >= 0 && sda !== wired.sda) || (scl >= 0 && scl !== wired.scl))
          this.unmodelled(`I2C ${bus} on sda ${sda}, scl ${scl}: this board has them on ${wired.sda}, ${wired.scl}`);
        if (freq_hz > 400_000) this.unmodelled(`I2C at ${freq_hz} Hz: these chips go to 400000`);
      },
      i2c_probe: (bus, address) => (this.chips.has(`${bus}/${address}`) ? 1 : 0),
      i2c_write: (bus, address, pointer, n) => {
        const target = chip(bus, address);
        if (!target) return ENODEV;
        this.#loudly(() => target.write(view(pointer, n).slice(), this.clock()));
        return n;
      },
      i2c_read: (bus, address, pointer, n) => {
        const target = chip(bus, address);
        if (!target) return ENODEV;
        this.#loudly(() => target.read(view(pointer, n), this.clock()));
        return n;
      },
      i2c_read_mem: (bus, address, register, pointer, n) => {
        const target = chip(bus, address);
        if (!target) return ENODEV;
        this.#loudly(() => {
          target.write([register], this.clock());
          target.read(view(pointer, n), this.clock());
        });
        return n;
      },
    };
  }

  #spi_functions(view) {
    const wired = this.settings.display;
    return {
      spi_config: (bus, sck, mosi, freq_hz) => {
        if (!wired || bus !== wired.spi || sck !== wired.sck || mosi !== wired.mosi) this.unmodelled(`SPI ${bus} on sck ${sck}, mosi ${mosi}`);
        if (freq_hz > 62_500_000) this.unmodelled(`SPI at ${freq_hz} Hz: the ST7789 takes a write cycle of 16 ns at least`);
      },
      spi_write: (pointer, n) => this.#loudly(() => this.display.write(view(pointer, n).slice())),
    };
  }

  #loudly(work) {
    try {
      work();
    } catch (error) {
      this.unmodelled(error.message);
    }
  }

  #pin_functions() {
    return {
      pin_config: (pin, mode, pull) => this.pins.config(pin, mode, pull),
      pin_read: (pin) => this.pins.read(pin),
      pin_write: (pin, level) => this.pins.write(pin, level),
      pin_irq: (pin, trigger, callback) => this.pins.irq(pin, trigger, callback ?? null),
      pwm_set: (pin, freq_hz, duty_u16) => this.pins.pwm(pin, freq_hz, duty_u16),
      adc_uv: (pin) => this.pins.adc_uv(pin),
      encoder_open: (unit, a, b, phases) => (this.encoder ?? this.unmodelled('an encoder')).open(unit, a, b, phases, this.clock()),
      encoder_value: () => this.encoder.value(this.clock()),
    };
  }

  #flash_functions(view) {
    const partitions = this.settings.flash.partitions;
    return {
      flash_count: () => partitions.length,
      flash_label: (i) => partitions[i].label,
      flash_field: (i, field) => partitions[i][field],
      flash_read: (i, offset, pointer, n) => this.flash.read(i, offset, view(pointer, n)),
      flash_write: (i, offset, pointer, n) => this.flash.program(i, offset, view(pointer, n)),
      flash_erase: (i, sector) => this.flash.erase(i, sector),
    };
  }

  #nvs_functions(view) {
    const values = this.nvs.values;
    return {
      nvs_kind: (key) => (!values.has(key) ? 0 : typeof values.get(key) === 'number' ? 1 : 2),
      nvs_get: (key) => values.get(key),
      nvs_set: (key, value) => void values.set(key, value),
      nvs_size: (key) => values.get(key).length,
      nvs_read: (key, pointer, n) => view(pointer, n).set(values.get(key)),
      nvs_write: (key, pointer, n) => void values.set(key, Array.from(view(pointer, n))),
      nvs_erase: (key) => values.delete(key),
      nvs_commit: () => this.nvs.commit(),
    };
  }

  #system_functions(view) {
    return {
      board_reset_cause: () => RESET_CAUSES[this.options.reset_cause ?? 'power_on'],
      board_unique_id: (pointer) => view(pointer, 6).set(Buffer.from(this.options.unique_id ?? '02c0ffee0001', 'hex')),
      board_unmodelled: (what) => this.unmodelled(what),
      wdt_off: () => {
        if (this.watchdog !== null) this.clock.cancel(this.watchdog); // it is clocked with the processor
        this.watchdog = null;
      },
      wdt_feed: (timeout_ms) => {
        if (this.watchdog !== null) this.clock.cancel(this.watchdog);
        this.watchdog = this.clock.at(this.clock() + timeout_ms, () => {
          this.emit({ type: 'watchdog', t_ms: this.clock() });
          if (this.halt) this.halt('watchdog', {});
        });
      },
    };
  }
}

// ST7789V2 display controller at command level, over 4-wire SPI. Source: Sitronix ST7789V2 data sheet V1.0 (commands of chapter 9).
const SLEEP_IN = 0x10, SLEEP_OUT = 0x11, INVERSION_OFF = 0x20, INVERSION_ON = 0x21, DISPLAY_OFF = 0x28, DISPLAY_ON = 0x29;
const COLUMNS = 0x2a, ROWS = 0x2b, WRITE = 0x2c, PIXEL_FORMAT = 0x3a;
const RGB565 = 0x55;
const RAM_WIDTH = 240, RAM_HEIGHT = 320;
const RESET_MS = 120, WAKE_MS = 5; // before SLPOUT after a reset, and after it before another command

export class St7789 {
  /** @param settings the display's table of the board file. `emit` tells what somebody would see when the light goes on or off. */
  constructor({ settings, clock, emit }) {
    Object.assign(this, { settings, clock, emit, selected: true, dc: 0, light: 0 });
    this.ram = new Uint8Array(RAM_WIDTH * RAM_HEIGHT * 2);
    this.ready_ms = RESET_MS;
    this.#reset();
  }

  #reset() {
    Object.assign(this, { asleep: true, on: false, inverted: false, format: 0x66, command: null, data: [], window: [0, RAM_WIDTH - 1, 0, RAM_HEIGHT - 1] });
  }

  /** The chip's control lines as outputs of the board. */
  line(name) {
    const takes = {
      cs: (level) => (this.selected = !level),
      dc: (level) => (this.dc = level),
      reset: (level) => {
        if (!level) return;
        this.#reset();
        this.ready_ms = this.clock() + RESET_MS;
      },
      backlight: (level) => {
        this.light = level;
        this.emit({ type: 'display', t_ms: this.clock(), ...this.#seen() });
      },
    };
    return { drive: (permille) => takes[name](permille > 0 ? 1 : 0) };
  }

  write(bytes) {
    if (!this.selected) return;
    if (this.dc) return this.#data(bytes);
    for (const command of bytes) this.#begin(command);
  }

  #begin(command) {
    if (this.clock() < this.ready_ms) throw new Error(`ST7789: command 0x${command.toString(16)} ${this.ready_ms - this.clock()} ms too early`);
    Object.assign(this, { command, data: [], cursor: 0 });
    if (command === SLEEP_OUT) Object.assign(this, { asleep: false, ready_ms: this.clock() + WAKE_MS });
    else if (command === SLEEP_IN) this.asleep = true;
    else if (command === DISPLAY_ON || command === DISPLAY_OFF) this.on = command === DISPLAY_ON;
    else if (command === INVERSION_ON || command === INVERSION_OFF) this.inverted = command === INVERSION_ON;
    else if (![COLUMNS, ROWS, WRITE, PIXEL_FORMAT].includes(command)) throw new Error(`ST7789: command 0x${command.toString(16)}`);
  }

  #data(bytes) {
    if (this.command === WRITE) return this.#pixels(bytes);
    this.data.push(...bytes);
    if (this.command === PIXEL_FORMAT) this.format = this.data[0];
    if ((this.command === COLUMNS || this.command === ROWS) && this.data.length === 4) {
      const [a, b, c, d] = this.data;
      const at = this.command === COLUMNS ? 0 : 2;
      Object.assign(this.window, { [at]: (a << 8) | b, [at + 1]: (c << 8) | d });
    }
  }

  #pixels(bytes) {
    if (this.format !== RGB565) throw new Error(`ST7789: pixels in format 0x${this.format.toString(16)}`);
    const [left, right, top, bottom] = this.window;
    if (right >= RAM_WIDTH || bottom >= RAM_HEIGHT || left > right || top > bottom) throw new Error(`ST7789: window ${this.window}`);
    const width = right - left + 1;
    const size = 2 * width * (bottom - top + 1);
    for (const byte of bytes) {
      const pixel = Math.floor(this.cursor / 2);
      const at = (top + Math.floor(pixel / width)) * RAM_WIDTH + left + (pixel % width);
      this.ram[2 * at + (this.cursor & 1)] = byte;
      this.cursor = (this.cursor + 1) % size;
    }
  }

  /** What the panel shows: rows of '#' and ' ', none when it is dark. */
  #seen() {
    const lit = Boolean(this.light) && this.on && !this.asleep;
    if (!lit) return { lit, rows: [] };
    const { width, height, x_offset, y_offset } = this.settings;
    const bright = (x, y) => this.ram[2 * ((y + y_offset) * RAM_WIDTH + x + x_offset)] > 0x7f; // in a panel that wants inversion
    const row = (y) => Array.from({ length: width }, (_, x) => (bright(x, y) === this.inverted ? '#' : ' ')).join('');
    return { lit, rows: Array.from({ length: height }, (_, y) => row(y)) };
  }
}

// NOR flash behind esp32.Partition and esp32.NVS, written through to files, with power cuts.
import fs from 'node:fs';
import path from 'node:path';
import { Random } from './random.mjs';

export const SECTOR = 4096;
const OK = 0, BAD_RANGE = -1, NO_POWER = -2;

/** Counts flash operations and says when the supply fails in the middle of one. */
export class Supply {
  constructor() {
    this.operations = 0;
    this.dead = false;
    this.plan = null;
  }

  /** Cut at the `operation`-th flash operation from now (1 = the next), torn after `byte` bytes. */
  cut({ operation, byte = 0, seed = 1 }) {
    this.plan = { at: this.operations + operation, byte, random: new Random(seed) };
  }

  power_on() {
    this.dead = false;
    this.plan = null;
  }

  /** To be asked before each operation: the plan when this one is torn, else null. */
  begin() {
    this.operations++;
    if (!this.plan || this.operations < this.plan.at) return null;
    const plan = this.plan;
    this.plan = null;
    this.dead = true;
    return plan;
  }
}

export class Flash {
  /**
   * @param {{label: string, type: number, subtype: number, offset: number, size: number}[]} partitions
   * @param {string|null} file the cells, kept through the death of the process; null: in memory only
   * @param {(plan: object) => number} on_cut what happens when the supply fails (see Board)
   */
  constructor({ partitions, file, supply, on_cut }) {
    Object.assign(this, { partitions, supply, on_cut });
    this.base = Math.min(...partitions.map((p) => p.offset));
    this.cells = new Uint8Array(Math.max(...partitions.map((p) => p.offset + p.size)) - this.base);
    this.cells.fill(0xff);
    this.fd = file === null ? null : this.#open(file);
  }

  #open(file) {
    if (fs.existsSync(file)) {
      const kept = fs.readFileSync(file);
      if (kept.length > this.cells.length) // a shorter one is of a board whose table ended earlier: the rest is blank
        throw new Error(`${file} has ${kept.length} bytes, the board's partitions need ${this.cells.length}: remove it or use its board`);
      this.cells.set(kept);
      if (kept.length < this.cells.length) fs.writeFileSync(file, this.cells);
    } else fs.writeFileSync(file, this.cells);
    return fs.openSync(file, 'r+');
  }

  #at(index, offset, n) {
    const p = this.partitions[index];
    return offset < 0 || offset + n > p.size ? BAD_RANGE : p.offset - this.base + offset;
  }

  #keep(at, n) {
    if (this.fd !== null) fs.writeSync(this.fd, this.cells, at, n, at);
  }

  read(index, offset, target) {
    if (this.supply.dead) return NO_POWER;
    const at = this.#at(index, offset, target.length);
    if (at < 0) return at;
    target.set(this.cells.subarray(at, at + target.length));
    return OK;
  }

  /** Programming only clears bits. A torn one leaves a prefix and one byte with some of its bits cleared. */
  program(index, offset, source) {
    if (this.supply.dead) return NO_POWER;
    const at = this.#at(index, offset, source.length);
    if (at < 0) return at;
    const torn = this.supply.begin();
    const whole = torn ? Math.min(torn.byte, source.length) : source.length;
    for (let i = 0; i < whole; i++) this.cells[at + i] &= source[i];
    if (torn && whole < source.length) this.cells[at + whole] &= source[whole] | torn.random.byte();
    this.#keep(at, Math.min(source.length, whole + 1));
    return torn ? this.on_cut(torn) : OK;
  }

  /** Erasing sets a 4 KiB sector to 0xFF. A torn one: `byte` bytes done, anything in the rest, for an erase first programs all cells. */
  erase(index, sector) {
    if (this.supply.dead) return NO_POWER;
    const at = this.#at(index, sector * SECTOR, SECTOR);
    if (at < 0) return at;
    const torn = this.supply.begin();
    for (let i = 0; i < SECTOR; i++) this.cells[at + i] = torn && i >= torn.byte ? torn.random.byte() : 0xff;
    this.#keep(at, SECTOR);
    return torn ? this.on_cut(torn) : OK;
  }
}

/** Key-value store whose changes survive only a commit. Values: numbers (i32) or arrays of bytes. */
export class Nvs {
  constructor({ file, supply, on_cut }) {
    Object.assign(this, { file, supply, on_cut });
    this.saved = file !== null && fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '{}';
    this.values = new Map();
    this.#restore();
  }

  commit() {
    if (this.supply.dead) return NO_POWER;
    const torn = this.supply.begin();
    if (torn) {
      this.#restore(); // NVS pages are transactional: the old values stay
      return this.on_cut(torn);
    }
    this.saved = JSON.stringify(Object.fromEntries(this.values));
    if (this.file !== null) {
      const fresh = path.join(path.dirname(this.file), `${path.basename(this.file)}.new`);
      fs.writeFileSync(fresh, this.saved);
      fs.renameSync(fresh, this.file);
    }
    return OK;
  }

  #restore() {
    this.values.clear();
    for (const [key, value] of Object.entries(JSON.parse(this.saved))) this.values.set(key, value);
  }
}

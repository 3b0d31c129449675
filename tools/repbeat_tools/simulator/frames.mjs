// Frames between this process and its parent over fd 0 and fd 1: u32 length (little endian), u8 channel, payload.
//   C control (JSON)   B bluetooth   M board message (JSON)   S signal samples   P a line of output, f64 uptime first
import fs from 'node:fs';

const FLUSH_BYTES = 16384;
const nap = new Int32Array(new SharedArrayBuffer(4));

export class Frames {
  #input = Buffer.alloc(0);
  #waiting = [];
  #output = [];
  #outputBytes = 0;
  #chunk = Buffer.alloc(65536);
  #arrived = () => {};
  receive = null; // frames wait until this is set

  /** `closed()` is called when the parent has gone. */
  constructor(closed) {
    this.closed = closed;
  }

  open() {
    process.stdin.on('data', (bytes) => {
      this.#take(bytes);
      this.#arrived();
      this.deliver();
    });
    process.stdin.on('end', this.closed);
  }

  /** The next `count` frames, before `receive` takes over. */
  async first(count) {
    while (this.#waiting.length < count) await new Promise((resolve) => (this.#arrived = resolve));
    return this.#waiting.splice(0, count);
  }

  send(channel, ...parts) {
    let length = 1;
    for (const part of parts) length += part.length;
    const frame = Buffer.allocUnsafe(4 + length);
    frame.writeUInt32LE(length, 0);
    frame[4] = channel.charCodeAt(0);
    let at = 5;
    for (const part of parts) {
      frame.set(part, at);
      at += part.length;
    }
    this.#output.push(frame);
    this.#outputBytes += frame.length;
    if (this.#outputBytes > FLUSH_BYTES) this.flush();
  }

  sendJson(channel, value) {
    this.send(channel, Buffer.from(JSON.stringify(value)));
  }

  flush() {
    if (this.#output.length === 0) return;
    const bytes = Buffer.concat(this.#output);
    this.#output = [];
    this.#outputBytes = 0;
    for (let sent = 0; sent < bytes.length; ) sent += fs.writeSync(1, bytes, sent);
  }

  deliver() {
    while (this.receive !== null && this.#waiting.length > 0) {
      const frame = this.#waiting.shift();
      this.receive(String.fromCharCode(frame[0]), frame.subarray(1));
    }
  }

  /** Wait at most `ms` of wall time for frames while Python is in a blocking sleep; true when some were delivered. */
  listen(ms) {
    this.flush();
    for (const end = performance.now() + ms; ; ) {
      try {
        const n = fs.readSync(0, this.#chunk);
        if (n === 0) this.closed();
        this.#take(Buffer.from(this.#chunk.subarray(0, n)));
        if (this.#waiting.length > 0) {
          this.deliver();
          return true;
        }
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
      }
      const left = end - performance.now();
      if (left <= 0) return false;
      Atomics.wait(nap, 0, 0, Math.min(left, 2));
    }
  }

  #take(bytes) {
    let input = this.#input.length > 0 ? Buffer.concat([this.#input, bytes]) : bytes;
    while (input.length >= 4) {
      const length = input.readUInt32LE(0);
      if (input.length < 4 + length) break;
      this.#waiting.push(input.subarray(4, 4 + length));
      input = input.subarray(4 + length);
    }
    this.#input = input;
  }
}

// A board on its serial port: the interpreter's REPL on fd 0, the master of a pseudo-terminal (serial_port.py).
// The same chips and stand-ins as host.mjs, in real time and with nobody on the air. usage: node repl.mjs CONFIG_JSON
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Clock, install } from './clock.mjs';
import { folder } from './folder.mjs';

const CTRL = { A: 1, B: 2, C: 3, D: 4, E: 5 };
const PASTE_WINDOW = 1024; // bytes, as shared/runtime/pyexec.c would grant; this build has raw paste compiled out
const WAIT_MS = 2;
const config = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const nap = new Int32Array(new SharedArrayBuffer(4));
const clock = new Clock({ speed: 1, worldMs: 0, wallMs: Clock.wallMs() });
install(clock, () => clock.read());

const port = {
  in: [],
  out: [],
  chunk: Buffer.alloc(4096),
  read() {
    try {
      const n = fs.readSync(0, this.chunk);
      if (n === 0) process.exit(0);
      this.in.push(...this.chunk.subarray(0, n));
    } catch (error) {
      if (error.code !== 'EAGAIN') process.exit(0); // EIO: the terminal is gone
    }
  },
  next() {
    for (this.flush(); this.in.length === 0; this.read()) Atomics.wait(nap, 0, 0, WAIT_MS);
    return this.in.shift();
  },
  write(bytes) {
    this.out.push(...Buffer.from(bytes));
    if (this.out.length > 512) this.flush();
  },
  flush() {
    const bytes = Buffer.from(this.out);
    this.out = [];
    for (let sent = 0; sent < bytes.length; ) {
      try {
        sent += fs.writeSync(0, bytes, sent);
      } catch (error) {
        if (error.code !== 'EAGAIN') process.exit(0);
        Atomics.wait(nap, 0, 0, WAIT_MS); // the reader is slow: its buffer is full
      }
    }
  },
};

let mp;
let raw = false;
let hidden = 0; // bytes of output still to swallow: what an emulated step echoes
let muted = false;
let mainRuns = false;

function output(bytes) {
  for (const byte of bytes) {
    if (muted) continue;
    if (hidden > 0) hidden--;
    else port.write([byte]);
  }
}

function hostModule(bootMs) {
  const nobody = () => undefined; // no radio: advertising is heard by no one, and nobody connects
  return {
    ticks_us: () => Math.trunc((clock.read() - bootMs) * 1000) & (2 ** 30 - 1),
    sleep_us: (us) => clock.sleep(us / 1000, (ms) => (Atomics.wait(nap, 0, 0, ms), false)),
    rtc_seconds: () => Math.floor(clock.nowMs / 1000),
    rtc_set_seconds: nobody,
    halt(kind) {
      throw new Error(`halt: ${kind}`);
    },
    main_ended: () => (mainRuns = false),
    paced: () => true,
    random: (address, size) => crypto.randomFillSync(mp._module.HEAPU8, address, size),
    ble_mac: (address) => mp._module.HEAPU8.set(config.mac, address),
    ble_queue: () => config.queue,
    ble_send: nobody,
    ble_receive: () => 0,
    ble_on_frame: nobody,
  };
}

async function boot(withMain) {
  clock.clear();
  const { loadMicroPython } = await import(path.join(config.runtime, 'micropython.mjs'));
  const print = (bytes) => output(bytes);
  mp = await loadMicroPython({ heapsize: config.heap_bytes, url: path.join(config.runtime, 'micropython.wasm'), linebuffer: false, stdout: print, stderr: print });
  const stdin = mp.FS.getStream(0);
  stdin.stream_ops = { ...stdin.stream_ops, read: (_, buffer, offset, length) => (length ? ((buffer[offset] = port.next()), 1) : 0) };
  for (const [place, root] of [['/flash', config.files], ['/standin', config.standin]]) {
    mp.FS.mkdir(place);
    mp.FS.mount(folder(mp.FS), { root }, place);
  }
  mp.FS.chdir('/flash');
  const bootMs = clock.nowMs;
  const host = hostModule(bootMs);
  const settings = path.join(config.files, 'board.json');
  if (fs.existsSync(settings)) {
    const { Board } = await import(path.join(config.chips, 'board.mjs'));
    const chipClock = Object.assign(() => clock.nowMs, {
      at: (atMs, run) => clock.at(atMs, run),
      cancel: (entry) => clock.cancel(entry),
      boot_ms: bootMs,
    });
    const board = new Board({
      settings: JSON.parse(fs.readFileSync(settings, 'utf8')),
      clock: chipClock,
      emit: () => undefined,
      flashFile: config.flash_file,
      nvsFile: config.nvs_file,
      options: { unique_id: Buffer.from(config.mac).toString('hex'), reset_cause: 'power_on' },
    });
    Object.assign(host, board.functions(() => mp._module));
  }
  mp.registerJsModule('_host', host);
  mp.runPython("import vfs\nvfs.umount('/')\nvfs.mount(vfs.VfsPosix('/flash'), '/')\nvfs.mount(vfs.VfsPosix('/standin'), '/standin')\n");
  mp.runPython("import sys\nsys.path[:] = ['', '/standin', '.frozen', '/lib']\nimport _boot\n");
  mainRuns = withMain && fs.existsSync(path.join(config.files, 'main.py'));
  for (const [file, wanted] of [['boot.py', true], ['main.py', mainRuns]]) {
    if (wanted && fs.existsSync(path.join(config.files, file))) mp.runPython(`_boot.run('/${file}')`);
  }
  clock.start();
  prompt();
}

/** The REPL, in the mode it was in; a running main.py has no prompt, as on a board. */
function prompt() {
  muted = raw || mainRuns;
  mp.replInit();
  if (raw) {
    mp.replProcessChar(CTRL.A);
    muted = false;
    if (!mainRuns) port.write('raw REPL; CTRL-B to exit\r\n>');
  }
  muted = false;
  port.flush();
}

async function reset() {
  port.write('MPY: soft reboot\r\n');
  await boot(!raw); // in the raw REPL, a soft reset leaves main.py alone
}

async function interrupt() {
  mainRuns = false;
  port.write('Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n');
  await boot(false); // Python cannot be broken into here, so the firmware's loop is ended with its interpreter
}

let paste = null;
let typed = [];

async function take(byte) {
  if (mainRuns) {
    if (byte === CTRL.C) await interrupt();
    return;
  }
  if (paste) return takePasted(byte);
  if (raw && byte === CTRL.A && typed.length === 2) {
    typed = [];
    mp.replProcessChar(CTRL.C);
    paste = { bytes: [], window: 0 };
    port.write([0x52, 1, PASTE_WINDOW & 255, PASTE_WINDOW >> 8]); // "R", understood, window
    return;
  }
  typed = byte === CTRL.E ? [byte] : typed.length === 1 && byte === 0x41 ? [...typed, byte] : [];
  if (byte === CTRL.A) raw = true;
  else if (byte === CTRL.B) raw = false;
  if (mp.replProcessChar(byte)) await reset();
}

async function takePasted(byte) {
  if (byte === CTRL.C) paste = null;
  else if (byte === CTRL.D) {
    const { bytes } = paste;
    paste = null;
    port.write([CTRL.D]);
    hidden = 2; // the "OK" of plain raw mode, which raw paste does not print
    for (const one of bytes) mp.replProcessChar(one);
    if (mp.replProcessChar(CTRL.D)) await reset();
  } else {
    paste.bytes.push(byte);
    if (++paste.window === PASTE_WINDOW) {
      paste.window = 0;
      port.write([CTRL.A]); // room for a window more
    }
  }
}

await boot(true);
for (;;) {
  port.flush();
  port.read();
  if (port.in.length === 0) await new Promise((resolve) => setImmediate(() => (Atomics.wait(nap, 0, 0, WAIT_MS), resolve())));
  while (port.in.length > 0) await take(port.in.shift());
}

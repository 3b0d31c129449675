// One device: the real MicroPython interpreter in node, running the firmware's own files as a board would.
// The first control frame on fd 0 says everything (device.py builds it); then boot.py, main.py, and frames both ways.
// Ends with code 0 after a `halt` control frame (reset, power cut, deep sleep, stop), 70 on hardware that is not modelled.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Clock, install } from './clock.mjs';
import { folder } from './folder.mjs';
import { Frames } from './frames.mjs';

const EXIT_UNMODELLED = 70; // EX_SOFTWARE of sysexits.h: a bug on our side, not the firmware's
const TICKS_MASK = 2 ** 30 - 1; // MICROPY_PY_TIME_TICKS_PERIOD - 1 of 32-bit ports
const fail = (error) => {
  fs.writeSync(2, `${error?.stack ?? error}\n`);
  process.exit(1);
};
process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

let clock;
let board = null;
let mp;
const radio = { waiting: [], next: 0, arrived: null };

const frames = new Frames(() => process.exit(0));

function halt(kind, details = {}) {
  frames.sendJson('C', { type: 'halt', kind, world_ms: clock.nowMs, slipped_ms: clock.slippedMs, ...details });
  frames.flush();
  process.exit(0);
}

function emit(event) {
  frames.sendJson('M', { t_ms: clock.nowMs, ...event });
  if (event.type === 'unmodelled') {
    frames.flush();
    process.exit(EXIT_UNMODELLED);
  }
}

function receive(channel, payload) {
  clock.external();
  if (channel === 'B') {
    radio.waiting.push(payload);
    radio.arrived?.();
  } else if (channel === 'M') {
    needBoard().message(JSON.parse(payload.toString()));
  } else if (channel === 'S') {
    signal(payload);
  } else {
    control(JSON.parse(payload.toString()));
  }
  setImmediate(() => frames.flush());
}

function control(message) {
  if (message.type === 'advance') {
    clock.advance(message.ms, (worldMs) => {
      frames.sendJson('C', { type: 'reached', world_ms: worldMs });
      frames.flush();
    });
  } else if (message.type === 'hold') clock.holdMs = message.world_ms ?? Infinity;
  else if (message.type === 'halt') halt(message.kind);
  else throw new Error(`unknown control message ${message.type}`);
}

/** Samples: u8 length of the stream's name, name, u32 rows, u32 columns, f64 t_ms[rows], f32 values[rows × columns]. */
function signal(payload) {
  const nameLength = payload[0];
  const stream = payload.toString('utf8', 1, 1 + nameLength);
  const rows = payload.readUInt32LE(1 + nameLength);
  const columns = payload.readUInt32LE(5 + nameLength);
  const body = payload.buffer.slice(payload.byteOffset + 9 + nameLength, payload.byteOffset + payload.length);
  needBoard().signal(stream, new Float64Array(body, 0, rows), new Float32Array(body, 8 * rows, rows * columns));
}

function needBoard() {
  if (board === null) throw new Error('this device has no board.json, so it has no hardware to send to');
  return board;
}

function lines(write) {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (let end; (end = rest.indexOf(10)) >= 0; rest = rest.subarray(end + 1)) {
      const length = end > 0 && rest[end - 1] === 13 ? end - 1 : end;
      write(rest.subarray(0, length));
    }
  };
}

async function start() {
  frames.open();
  const config = JSON.parse((await frames.first(1))[0].toString('utf8', 1));
  const feeds = await frames.first(config.feeds); // what the world does from now on, known before the chip wakes
  clock = new Clock({ speed: config.speed, worldMs: config.world_ms, wallMs: config.wall_ms });
  clock.holdMs = config.hold_ms ?? Infinity;
  clock.afterBatch = () => frames.flush();
  clock.onSlip = () => frames.sendJson('C', { type: 'slip', world_ms: clock.nowMs, slipped_ms: clock.slippedMs });
  let bootMs = null; // null while the interpreter itself is loaded: its epoch is uptime 0
  const uptimeMs = () => (bootMs === null ? 0 : clock.read() - bootMs + config.ticks_start_ms);
  install(clock, uptimeMs);

  const print = lines((line) => {
    const stamp = Buffer.alloc(8);
    stamp.writeDoubleLE(bootMs === null ? 0 : clock.nowMs - bootMs + config.ticks_start_ms);
    frames.send('P', stamp, line);
  });
  const { loadMicroPython } = await import(path.join(config.runtime, 'micropython.mjs'));
  mp = await loadMicroPython({
    heapsize: config.heap_bytes,
    url: path.join(config.runtime, config.wasm),
    linebuffer: false,
    stdout: print,
    stderr: print,
  });
  mp.FS.mkdir('/flash');
  mp.FS.mkdir('/standin');
  mp.FS.mount(folder(mp.FS), { root: config.files }, '/flash');
  mp.FS.mount(folder(mp.FS), { root: config.standin }, '/standin');
  mp.FS.chdir('/flash'); // VfsPosix hands relative paths on as they are

  clock.external();
  bootMs = clock.nowMs;
  let rtcMs = config.rtc_ms; // the RTC's value when world time was 0; null: not set since power-on
  if (rtcMs === null) rtcMs = -bootMs;
  const host = {
    ticks_us: () => Math.trunc(uptimeMs() * 1000) & TICKS_MASK,
    sleep_us: (us) => clock.sleep(us / 1000, (ms) => frames.listen(ms)),
    rtc_seconds: () => Math.floor((clock.nowMs + rtcMs) / 1000),
    rtc_set_seconds: (seconds) => {
      rtcMs = seconds * 1000 - clock.nowMs;
      frames.sendJson('C', { type: 'rtc', rtc_ms: rtcMs });
    },
    halt: (kind, wakeMs) => halt(kind, { wake_ms: wakeMs ?? null }),
    main_ended: (error) => emit({ type: 'main_ended', error }),
    paced: () => config.speed > 0,
    random: (address, size) => crypto.randomFillSync(mp._module.HEAPU8, address, size),
    ble_mac: (address) => mp._module.HEAPU8.set(config.bluetooth.mac, address),
    ble_queue: () => config.bluetooth.queue,
    ble_send(header, headerLength, data, dataLength) {
      const memory = mp._module.HEAPU8;
      frames.send('B', memory.slice(header, header + headerLength), memory.slice(data, data + dataLength));
    },
    ble_receive(address, size) {
      if (radio.next === radio.waiting.length) {
        radio.waiting = [];
        radio.next = 0;
        return 0;
      }
      const frame = radio.waiting[radio.next++];
      if (frame.length > size) throw new Error(`a radio frame of ${frame.length} bytes does not fit ${size}`);
      mp._module.HEAPU8.set(frame, address);
      return frame.length;
    },
    ble_on_frame(callback) {
      radio.arrived = callback;
    },
  };
  const settingsFile = path.join(config.files, 'board.json');
  if (fs.existsSync(settingsFile)) {
    const { Board } = await import(config.board_module);
    const chipClock = () => clock.nowMs;
    chipClock.at = (atMs, run) => clock.at(atMs, run);
    chipClock.cancel = (entry) => clock.cancel(entry);
    chipClock.boot_ms = bootMs;
    board = new Board({
      settings: JSON.parse(fs.readFileSync(settingsFile, 'utf8')),
      clock: chipClock,
      emit,
      halt,
      flashFile: config.flash_file,
      nvsFile: config.nvs_file,
      options: config.options,
    });
    Object.assign(host, board.functions(() => mp._module));
  }
  mp.registerJsModule('_host', host);
  frames.sendJson('C', { type: 'booted', world_ms: bootMs });
  for (const frame of feeds) receive(String.fromCharCode(frame[0]), frame.subarray(1));
  run("import vfs\nvfs.umount('/')\nvfs.mount(vfs.VfsPosix('/flash'), '/')\nvfs.mount(vfs.VfsPosix('/standin'), '/standin')\n");
  run("import sys\nsys.path[:] = ['', '/standin', '.frozen', '/lib']\nimport _boot\n");
  for (const file of ['boot.py', 'main.py']) {
    if (fs.existsSync(path.join(config.files, file))) run(`_boot.run('/${file}')`);
  }
  clock.start();
  frames.sendJson('C', { type: 'running', world_ms: clock.nowMs });
  frames.flush();
  frames.receive = receive;
  frames.deliver();
}

function run(source) {
  try {
    mp.runPython(source);
  } catch (error) {
    fail(error.message ?? error);
  }
}

start().catch(fail);

// A test bench: the real MicroPython, one simulated board, and a clock that moves only when told to.
// usage: node bench.mjs RUNTIME CONFIG.json   (config: settings, options, root, script, signals, messages, end_ms, flash, nvs)
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [runtime, config_file] = process.argv.slice(2);
const config = JSON.parse(fs.readFileSync(config_file, 'utf8'));

// Virtual time for asyncio and the chips alike.
let now_ms = 0;
let serial = 0;
const timers = [];
Date.now = () => now_ms;
const later = (at, work) => (timers.push({ at, id: ++serial, work }), serial);
const cancel = (id) => {
  const i = timers.findIndex((t) => t.id === id);
  if (i >= 0) timers.splice(i, 1);
};
function advance_to(end_ms) {
  for (;;) {
    const next = timers.reduce((a, b) => (a === null || b.at < a.at || (b.at === a.at && b.id < a.id) ? b : a), null);
    if (next === null || next.at > end_ms) break;
    cancel(next.id);
    now_ms = Math.max(now_ms, next.at);
    next.work();
  }
  now_ms = Math.max(now_ms, end_ms);
}
globalThis.setTimeout = (work, ms = 0, ...rest) => later(now_ms + Math.max(0, ms), () => work(...rest));
globalThis.clearTimeout = cancel;
const clock = Object.assign(() => now_ms, { at: later, cancel });

const { loadMicroPython } = await import(pathToFileURL(`${runtime}/micropython.mjs`));
const { Board } = await import(pathToFileURL(`${config.root}/tools/repbeat_tools/simulator/chips/board.mjs`));
// The interpreter collects garbage only between steps, and a bench script is one step: the heap holds all it makes.
const print = (bytes) => process.stdout.write(bytes);
const mp = await loadMicroPython({
  heapsize: 32 * 1024 * 1024, url: `${runtime}/micropython.wasm`, linebuffer: false, stdout: print, stderr: print,
});
const events = [];
const board = new Board({
  settings: config.settings, options: config.options ?? {}, clock, emit: (event) => events.push(event),
  flashFile: config.flash ?? null, nvsFile: config.nvs ?? null,
});
for (const { stream, t_ms, rows } of config.signals ?? []) board.signal(stream, Float64Array.from(t_ms), Float32Array.from(rows));
for (const message of config.messages ?? []) board.message(message);

mp.registerJsModule('_host', {
  ...board.functions(() => mp._module),
  sleep_us: (us) => advance_to(now_ms + us / 1000),
  halt: (kind) => { throw new Error(`halt: ${kind}`); },
  bench_message: (text) => board.message(JSON.parse(text)),
  idle: () => {},
});
function copy(from, to) {
  mp.FS.mkdirTree(to);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copy(path.join(from, entry.name), `${to}/${entry.name}`);
    else if (entry.name.endsWith('.py')) mp.FS.writeFile(`${to}/${entry.name}`, fs.readFileSync(path.join(from, entry.name)));
  }
}
copy(`${config.root}/firmware/device/drivers`, '/lib/device/drivers');
for (const module of ['machine', 'esp32'])
  mp.FS.writeFile(`/lib/${module}.py`, fs.readFileSync(`${config.root}/tools/repbeat_tools/simulator/standin/${module}.py`));
mp.FS.writeFile('/lib/time.py', 'from utime import *\nimport _host\ndef sleep_ms(ms):\n    _host.sleep_us(ms * 1000)\n');
mp.FS.writeFile('/settings.json', JSON.stringify(config.settings));
let error = null;
try {
  mp.runPython(fs.readFileSync(config.script, 'utf8'));
  advance_to(config.end_ms ?? now_ms);
} catch (failure) {
  error = failure.message;
}
fs.writeFileSync(`${config_file}.out`, JSON.stringify({ events, error, report: board.report() }));

// MicroPython in node, fed record by record: frames in on fd 0, frames out on fd 1 (runner.py is the other end).
// A frame is u8 kind, u32 length (little endian), payload.
//   in:  O options (JSON)   S samples (int32, row-major)   E end of record
//   out: R one result (JSON)   D this frame is done (JSON: busy_ms, time in Python)   X the driver failed (text)
// The two ends take turns: after each frame the other end reads until D, so no pipe can fill up.
// Every S frame is one call into Python: garbage is collected only when control is back in node.
// usage: node host.mjs RUNTIME_DIR WASM HEAP_BYTES DRIVER.py MOUNT=FOLDER...
import fs from 'node:fs';
import path from 'node:path';

const [runtime, wasm, heapBytes, driver, ...mounts] = process.argv.slice(2);
const { loadMicroPython } = await import(path.join(runtime, 'micropython.mjs'));
const toStderr = (bytes) => fs.writeSync(2, bytes);
const mp = await loadMicroPython({
  heapsize: Number(heapBytes),
  url: path.join(runtime, wasm),
  linebuffer: false,
  stdout: toStderr,
  stderr: toStderr,
});

function send(kind, payload) {
  const frame = Buffer.alloc(5 + payload.length);
  frame[0] = kind.charCodeAt(0);
  frame.writeUInt32LE(payload.length, 1);
  Buffer.from(payload).copy(frame, 5);
  for (let sent = 0; sent < frame.length; ) sent += fs.writeSync(1, frame, sent);
}

function readExactly(length) {
  const bytes = Buffer.alloc(length);
  for (let got = 0; got < length; ) {
    const n = fs.readSync(0, bytes, got, length - got, null);
    if (n === 0) return null;
    got += n;
  }
  return bytes;
}

function mountFolder(target, source) {
  mp.FS.mkdirTree(target);
  for (const entry of fs.readdirSync(source, { withFileTypes: true })) {
    const to = `${target}/${entry.name}`;
    const from = path.join(source, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== '__pycache__') mountFolder(to, from);
    } else if (/\.(py|mpy|bin|json)$/.test(entry.name)) {
      mp.FS.writeFile(to, fs.readFileSync(from));
    }
  }
}

for (const mount of mounts) {
  const at = mount.indexOf('=');
  mountFolder(mount.slice(0, at), mount.slice(at + 1));
}

mp.registerJsModule('_replay', {
  emit(address, length) {
    send('R', mp._module.HEAPU8.slice(address, address + length));
  },
});

const PRELUDE = `
import gc, json, sys
from array import array
from uctypes import addressof
import _replay
sys.path[:] = ['/firmware', '/protocol', '/lib']
gc.threshold(gc.mem_free() // 4)
def emit(value):
    text = json.dumps(value).encode()
    _replay.emit(addressof(text), len(text))
_rows = array('i', bytes(4 * 4096))
_rows_address = addressof(_rows)
def _begin(options):
    begin(json.loads(options))
def _feed(rows, columns):
    for at in range(0, rows * columns, columns):
        sample(*_rows[at : at + columns])
def _end():
    end()
`;

try {
  mp.runPython(PRELUDE);
  mp.runPython(fs.readFileSync(driver, 'utf8'));
  const [begin, feed, end] = ['_begin', '_feed', '_end'].map((name) => mp.globals.get(name));
  const rowsAddress = mp.globals.get('_rows_address');
  let columns = 1;
  for (let head = readExactly(5); head !== null; head = readExactly(5)) {
    const kind = String.fromCharCode(head[0]);
    const payload = readExactly(head.readUInt32LE(1));
    const start = process.cpuUsage(); // not the wall's: other programs' load is no cost of the firmware
    if (kind === 'O') {
      const opening = JSON.parse(payload.toString());
      columns = opening.columns;
      begin(JSON.stringify(opening.options));
    } else if (kind === 'S') {
      mp._module.HEAPU8.set(payload, rowsAddress);
      feed(payload.length / (4 * columns), columns);
    } else {
      end();
    }
    const { user, system } = process.cpuUsage(start);
    send('D', Buffer.from(JSON.stringify({ busy_ms: (user + system) / 1000 })));
  }
} catch (error) {
  send('X', Buffer.from(String(error.message ?? error)));
  process.exit(1);
}

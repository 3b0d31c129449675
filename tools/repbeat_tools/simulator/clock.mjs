// The clock of one device. World time (milliseconds since the air was opened) moves only between steps, never while
// Python runs, so the load of this computer does not distort what the firmware sees.
//   speed > 0   paced: world time follows the wall clock times `speed`, and slips when the CPU cannot keep up,
//               or where `holdMs` says that what happens next is not known yet
//   speed = 0   virtual: stands still until advance(), then runs as fast as the CPU allows
// Two queues: hardware (chips; runs during a blocking sleep too, as on a board) and tasks (asyncio's timers).

const SLIP_WALL_MS = 250; // further behind than this, the schedule is moved instead of being run in a burst
const BATCH_WALL_MS = 8; // then frames from the parent get their turn
export const TICK_COST_MS = 0.005; // what a call of ticks_ms() takes on an ESP32: it lets polling loops end

class Queue {
  #heap = [];
  #order = 0;

  push(atMs, run) {
    const entry = { atMs, order: this.#order++, run };
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(entry, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = entry;
    return entry;
  }

  get head() {
    while (this.#heap.length > 0 && this.#heap[0].run === null) this.pop(); // cancelled
    return this.#heap[0];
  }

  pop() {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
      if (!before(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function before(a, b) {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export class Clock {
  #hardware = new Queue();
  #tasks = new Queue();
  #anchorWall;
  #anchorWorld;
  #wake = null;
  #running = false;
  #until = null; // virtual: how far advance() may go
  #reached = null;
  slippedMs = 0;
  holdMs = Infinity; // paced: world time waits here
  afterBatch = () => {};
  onSlip = () => {};

  constructor({ speed, worldMs, wallMs }) {
    this.speed = speed;
    this.nowMs = worldMs;
    this.#anchorWall = wallMs;
    this.#anchorWorld = worldMs;
    this.#until = worldMs;
  }

  /** Monotonic wall milliseconds, the same clock as the parent's time.monotonic(). */
  static wallMs() {
    return Number(process.hrtime.bigint()) / 1e6;
  }

  #targetMs() {
    if (this.speed === 0) return this.#until;
    const target = this.#anchorWorld + (Clock.wallMs() - this.#anchorWall) * this.speed;
    const hold = Math.max(this.holdMs, this.nowMs);
    if (target > hold) this.#slipBy(target - hold);
    return Math.min(target, hold);
  }

  /** Boot is over: what happens from here on is paced. */
  start() {
    this.external();
    this.#schedule();
  }

  /** Something came from outside (a frame): let world time catch up first, but not past what is due. */
  external() {
    const due = Math.min(this.#hardware.head?.atMs ?? Infinity, this.#tasks.head?.atMs ?? Infinity);
    this.nowMs = Math.max(this.nowMs, Math.min(this.#targetMs(), due));
  }

  /** For chips: run(…) when world time reaches atMs, even while Python sleeps. */
  at(atMs, run) {
    const entry = this.#hardware.push(Math.max(atMs, this.nowMs), run);
    this.#schedule();
    return entry;
  }

  /** For asyncio: run(…) after a delay, never inside another step of Python. */
  task(delayMs, run) {
    const entry = this.#tasks.push(this.nowMs + Math.max(0, delayMs || 0), run);
    this.#schedule();
    return entry;
  }

  /** Forget everything that was to happen: the chip has been reset. */
  clear() {
    this.#hardware = new Queue();
    this.#tasks = new Queue();
  }

  cancel(entry) {
    if (entry) entry.run = null;
  }

  read() {
    return (this.nowMs += TICK_COST_MS);
  }

  /** Virtual time: go on for `ms`; `reached` is called when world time is there. */
  advance(ms, reached) {
    if (this.speed !== 0) throw new Error('only a virtual clock is advanced; this one follows the wall clock');
    this.#until = this.nowMs + ms;
    this.#reached = reached;
    this.#schedule();
  }

  /** time.sleep(): hardware goes on, tasks wait. `listen` takes in frames meanwhile (paced clocks only). */
  sleep(ms, listen) {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      const entry = this.#hardware.head;
      const nextMs = Math.min(entry?.atMs ?? Infinity, endMs);
      if (this.speed > 0) {
        const waitMs = (nextMs - this.#targetMs()) / this.speed;
        if (waitMs > 0 && listen(waitMs)) {
          this.nowMs = Math.max(this.nowMs, Math.min(this.#targetMs(), nextMs));
          continue;
        }
      }
      this.nowMs = Math.max(this.nowMs, nextMs);
      if (entry && entry.atMs <= this.nowMs) {
        this.#hardware.pop();
        entry.run();
      }
    }
  }

  #next() {
    const hardware = this.#hardware.head;
    const task = this.#tasks.head;
    if (!task) return hardware && this.#hardware;
    return hardware && hardware.atMs <= task.atMs ? this.#hardware : this.#tasks;
  }

  #schedule() {
    if (this.#running) return;
    this.#wake?.();
    const entry = this.#next()?.head;
    const target = this.#targetMs();
    if (this.speed === 0 ? this.#reached : entry && entry.atMs <= target) {
      const immediate = setImmediate(() => this.#run());
      this.#wake = () => clearImmediate(immediate);
    } else if (this.speed > 0 && entry) {
      const timer = realSetTimeout(() => this.#run(), Math.ceil((entry.atMs - target) / this.speed));
      this.#wake = () => realClearTimeout(timer);
    }
  }

  #run() {
    this.#running = true;
    const startWall = Clock.wallMs();
    let queue;
    let target = this.#targetMs();
    while ((queue = this.#next()) && queue.head.atMs <= target) {
      const entry = queue.pop();
      this.#slip(entry.atMs, target);
      this.nowMs = Math.max(this.nowMs, entry.atMs);
      entry.run();
      if (Clock.wallMs() - startWall > BATCH_WALL_MS) break;
      target = this.#targetMs();
    }
    this.afterBatch();
    const more = this.#next()?.head;
    if (this.speed === 0 && this.#reached && !(more && more.atMs <= this.#until)) {
      this.nowMs = Math.max(this.nowMs, this.#until);
      const reached = this.#reached;
      this.#reached = null;
      reached(this.nowMs);
    }
    this.#running = false;
    this.#schedule();
  }

  #slip(dueMs, targetMs) {
    const late = targetMs - dueMs;
    if (this.speed === 0 || late < SLIP_WALL_MS * this.speed) return;
    this.#slipBy(late);
  }

  #slipBy(ms) {
    this.#anchorWorld -= ms;
    this.slippedMs += ms;
    this.onSlip();
  }
}

const realSetTimeout = globalThis.setTimeout;
const realClearTimeout = globalThis.clearTimeout;

/** Give MicroPython's runtime, loaded after this, the device's clock in place of the computer's. */
export function install(clock, uptimeMs) {
  globalThis.setTimeout = (run, delayMs, ...values) => clock.task(delayMs, () => run(...values));
  globalThis.clearTimeout = (entry) => clock.cancel(entry);
  Date.now = () => uptimeMs();
}

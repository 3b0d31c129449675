// A class on a screen. Cues are spoken by the browser when somebody asked for it, and always written.
import { Start } from "./countdown.js";
import { Speaker } from "./speaker.js";
import { clock, NONE, put, target, watch } from "./state.js";

const PERIOD_MS = 500;
const REFUSED = new Set([401, 403]);
const wall = document.querySelector("[data-wall]");
const shape = document.querySelector("[data-tile]");
const idle = document.querySelector("[data-idle]");
const captions = document.querySelector("[data-captions]");
const words = JSON.parse(document.getElementById("wall-words").textContent);
const token = location.hash.slice(1);
const only = location.pathname.match(/^\/live\/([^/]+)$/)?.[1]; // of a mirror
const tiles = only ? `/wall.json?athlete=${only}` : "/wall.json";
const before = new Map();
const countdown = document.querySelector("[data-countdown]");
let start = new Start();
let asked = performance.now();

const speaker = new Speaker(document.querySelector("[data-speak]"), captions);

function cues(one, old) {
  if (!old) return;
  if (one.target && one.reps === one.target - 1 && old.reps < one.reps) speaker.cue(`${one.name}: ${words.last}`);
  if (one.rest_left_s !== null && old.rest_left_s === null) speaker.cue(`${one.name}: ${words.done}`);
  if (one.rest_left_s === null && old.rest_left_s !== null) speaker.cue(`${one.name}: ${words.over}`);
}

function draw(one) {
  let tile = wall.querySelector(`[data-id="${CSS.escape(one.id)}"]`);
  if (!tile) {
    tile = shape.content.firstElementChild.cloneNode(true);
    tile.dataset.id = one.id;
    wall.append(tile);
  }
  tile.dataset.zone = one.zone;
  put(tile, "name", one.name);
  put(tile, "exercise", one.exercise);
  put(tile, "reps", one.rest_left_s === null ? String(one.reps) : clock(one.rest_left_s));
  put(tile, "target", one.rest_left_s === null ? target(one) : "");
  put(tile, "zone", String(one.zone));
  put(tile, "bpm", one.bpm ? `${one.bpm} bpm` : NONE);
  put(tile, "phase", one.phase);
  const mark = tile.querySelector('[data-of="zone-mark"]');
  mark.hidden = !one.zone && !one.bpm; // the token does not show the heart
  mark.dataset.zone = one.zone;
  mark.querySelector("use").setAttribute("href", `#zone-${one.zone}`);
  cues(one, before.get(one.id));
  before.set(one.id, one);
}

function hear(next) {
  const name = next?.name ?? "";
  if (name !== countdown.dataset.name) {
    countdown.dataset.name = name;
    start = new Start();
  }
  if (next) start.heard(asked, next.in_ms);
}

function count() {
  const left = start.text(words);
  const text = left && `${countdown.dataset.name}: ${left}`;
  if (countdown.textContent !== text) countdown.textContent = text;
  requestAnimationFrame(count);
}

watch(
  PERIOD_MS,
  (state, status) => {
    if (!state) {
      captions.textContent = REFUSED.has(status) ? words.refused : words.unreachable;
      return;
    }
    if ([words.refused, words.unreachable].includes(captions.textContent)) captions.textContent = "";
    const shown = state.tiles;
    hear(state.start);
    for (const one of shown) draw(one);
    const here = new Set(shown.map((one) => one.id));
    for (const tile of [...wall.children]) if (!here.has(tile.dataset.id)) tile.remove();
    idle.hidden = shown.length > 0;
  },
  token ? { Authorization: `Bearer ${token}` } : {},
  tiles,
  () => (asked = performance.now()),
);
count();
navigator.wakeLock?.request("screen").catch(() => {});

// One training, large: the count moves within a second of the repetition.
import { Speaker } from "./speaker.js";
import { clock, NONE, put, target, watch } from "./state.js";

const PERIOD_MS = 400;
const parts = [...document.querySelectorAll("[data-now]")];
const idle = document.querySelector("[data-idle]");
const rhythm = JSON.parse(document.getElementById("rhythm-words").textContent);
const cues = JSON.parse(document.getElementById("cue-words").textContent);
const speaker = new Speaker(document.querySelector("[data-speak]"), document.querySelector("[data-captions]"));
const last = new Map(); // what each device told before
// Tempo and velocity loss follow from the repetitions as they come in: LIVE has the last one's velocity.
const sets = new Map();

function measured(id, now) {
  let set = sets.get(id);
  if (!set || set.number !== now.set || now.reps < set.reps - 1) {
    const begun = set && now.counting ? 0 : now.reps; // of a set that was there before the page, more is not known
    set = { number: now.set, reps: begun, first: null, at: null, tempo: null, best: 0, last: 0 };
    sets.set(id, set);
  }
  if (now.reps > set.reps) {
    // A set is known as one by several repetitions that follow each other: these are counted together.
    if (set.reps === 0) set.first = now.reps;
    const at = performance.now();
    if (set.at !== null) set.tempo = (at - set.at) / 1000 / (now.reps - set.reps);
    set.at = at;
  }
  set.reps = now.reps; // one less than before where the last one turned out to be none
  set.last = now.velocity ?? 0;
  set.best = Math.max(set.best, set.last);
  return set;
}

function ofRhythm(now, set) {
  if (now.counting && now.reps === 0) return rhythm.finding;
  return now.reps > 1 && now.reps === set.first ? rhythm.found.replace("{}", now.reps) : "";
}

const offForm = (now) => now.form.map((one) => cues.form[one]).join(", ");

// What one would otherwise have to look up for: each repetition, the last but one, and when to rest.
function tell(now, before) {
  if (!before?.active) return;
  const resting = now.rest_left_s !== null;
  if (resting !== (before.rest_left_s !== null)) speaker.cue(resting ? cues.done : cues.over);
  else if (now.reps > before.reps) {
    speaker.say(String(now.reps));
    if (now.form.length) speaker.cue(offForm(now));
    if (now.target && now.reps === now.target - 1) speaker.cue(cues.last);
  }
}

function draw(part, now) {
  part.hidden = !now?.active;
  if (part.hidden) return;
  const id = part.dataset.now;
  tell(now, last.get(id));
  last.set(id, now);
  const before = part.querySelector('[data-of="reps"]').textContent;
  const set = measured(id, now);
  const decimals = new Intl.NumberFormat(document.documentElement.dataset.numbers, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  put(part, "phase", now.phase);
  put(part, "set", String(now.set));
  put(part, "exercise", now.exercise);
  put(part, "reps", String(now.reps));
  put(part, "target", target(now));
  put(part, "rhythm", ofRhythm(now, set));
  part.querySelector('[data-of="form"]').hidden = !now.form.length;
  if (now.form.length) put(part, "form", `▲ ${offForm(now)}`);
  part.querySelector('[data-when="angle"]').hidden = !now.angle_range;
  if (now.angle_range) {
    put(part, "angle", now.angle === null ? NONE : `${now.angle}°`);
    put(part, "angle-range", `${now.angle_range[0]}–${now.angle_range[1]}°`);
  }
  put(part, "bpm", now.bpm ? String(now.bpm) : NONE);
  put(part, "zone", String(now.zone));
  put(part, "tempo", set.tempo ? decimals.format(set.tempo) : NONE);
  put(part, "loss", set.best && set.last ? String(Math.max(0, Math.round(100 * (1 - set.last / set.best)))) : NONE);
  const mark = part.querySelector('[data-of="zone-mark"]');
  if (mark.dataset.zone !== String(now.zone)) {
    mark.dataset.zone = now.zone;
    mark.querySelector("use").setAttribute("href", `#zone-${now.zone}`);
  }
  const bar = part.querySelector("progress");
  bar.max = now.target || Math.max(1, now.reps);
  bar.value = now.reps;
  const resting = now.rest_left_s !== null;
  part.querySelector('[data-when="rest"]').hidden = !resting;
  part.querySelector('[data-when="set"]').hidden = resting;
  if (resting) put(part, "rest", clock(now.rest_left_s));
  if (now.reps > Number(before)) {
    const count = part.querySelector('[data-of="reps"]');
    count.classList.remove("flash");
    requestAnimationFrame(() => count.classList.add("flash"));
  }
}

watch(PERIOD_MS, (states) => {
  for (const part of parts) draw(part, states?.[part.dataset.now]);
  idle.hidden = parts.some((part) => !part.hidden);
});

// The screen stays on while one trains, where the browser can do it.
navigator.wakeLock?.request("screen").catch(() => {});

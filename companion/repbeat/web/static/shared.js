// Keeps a shared session's table and countdown current.
import { Breath } from "./breath.js";
import { Start } from "./countdown.js";

const table = document.getElementById("members");
const countdown = document.getElementById("countdown");
const problem = document.getElementById("problem");
const words = JSON.parse(document.getElementById("shared-words").textContent);
const PERIOD_MS = 500;
const start = new Start();
const breath = Breath.onPage();

async function tick() {
  const asked = performance.now();
  try {
    const state = await (await fetch(table.dataset.state)).json();
    start.heard(asked, state.starts_in_ms);
    problem.hidden = !state.problem;
    for (const member of state.members) show(member);
  } catch {
    problem.hidden = false;
  }
  setTimeout(tick, PERIOD_MS);
}

function show(member) {
  const row = table.querySelector(`[data-member="${member.id}"]`);
  if (!row) {
    if (!member.left) location.reload();
    return;
  }
  if (member.left) return row.remove();
  for (const name of ["exercise", "set", "reps", "zone", "bpm"]) {
    const text = String(member[name] ?? "");
    const cell = row.querySelector(`[data-of="${name}"]`);
    if (cell.textContent !== text) cell.textContent = text;
  }
}

function count() {
  const text = start.text(words);
  if (countdown.textContent !== text) countdown.textContent = text;
  breath?.show(start.since);
  requestAnimationFrame(count);
}

tick();
count();

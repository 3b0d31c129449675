// Keeps a shared session's table and countdown current. The countdown runs by the page's own clock from the
// moment of each answer, so that a slow answer moves it by no more than half its way.
const table = document.getElementById("members");
const countdown = document.getElementById("countdown");
const problem = document.getElementById("problem");
const words = JSON.parse(document.getElementById("shared-words").textContent);
const PERIOD_MS = 500;
let startsAt = null;
let shortest = Infinity;

async function tick() {
  const asked = performance.now();
  try {
    const state = await (await fetch(table.dataset.state)).json();
    const way = performance.now() - asked;
    if (state.starts_in_ms !== null && way < shortest) {
      shortest = way;
      startsAt = asked + way / 2 + state.starts_in_ms;
    }
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
  if (startsAt !== null) {
    const left = Math.ceil((startsAt - performance.now()) / 1000);
    const text = left > 0 ? words.starts.replace("{}", left) : left > -10 ? words.go : "";
    if (countdown.textContent !== text) countdown.textContent = text;
  }
  requestAnimationFrame(count);
}

tick();
count();

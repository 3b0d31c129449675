// What devices do now, asked for again and again; slower while nobody looks.
export const words = JSON.parse(document.getElementById("live-words")?.textContent ?? "{}");
const HIDDEN_MS = 5000;

export function watch(periodMs, show, headers = {}, path = "/live.json", asking = () => {}) {
  let failed = null;
  async function tick() {
    let status = 0;
    try {
      asking();
      const answer = await fetch(path, { headers });
      status = answer.redirected ? 401 : answer.status; // sent on to sign in
      if (status !== 200) throw new Error(answer.statusText);
      show(await answer.json(), status);
      failed = null;
    } catch {
      if (failed !== status) show(null, status);
      failed = status;
    }
    setTimeout(tick, document.hidden ? HIDDEN_MS : periodMs);
  }
  tick();
}

export const NONE = "–"; // what is not known; the unit after it is left out

export function put(part, name, text) {
  const place = part.querySelector(`[data-of="${name}"]`);
  if (!place || place.textContent === text) return;
  place.textContent = text;
  place.toggleAttribute("data-none", text === NONE);
}

export const clock = (s) => `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
export const target = (now) => (now.target ? words.of.replace("{}", now.target) : "");

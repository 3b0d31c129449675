// Keeps the live strips current, once a second; when a device falls silent the page is fetched anew,
// so that a finished session, a new plan and the sync state appear by themselves.
const strips = [...document.querySelectorAll("[data-live]")];
const tags = [...document.querySelectorAll("[data-link]")];
const words = JSON.parse(document.getElementById("live-words").textContent);
const PERIOD_MS = 1000;
const RELOAD_MS = 5000;

function put(strip, name, text) {
  const place = strip.querySelector(`[data-of="${name}"]`);
  if (place && place.textContent !== text) place.textContent = text;
}

function show(strip, now) {
  strip.hidden = !(now && now.active);
  if (strip.hidden) return;
  put(strip, "reps", String(now.reps));
  put(strip, "target", now.target ? words.of.replace("{}", now.target) : "");
  put(strip, "exercise", now.exercise);
  put(strip, "phase", now.phase);
  put(strip, "set", String(now.set));
  put(strip, "bpm", now.bpm ? String(now.bpm) : "–");
  put(strip, "zone", String(now.zone));
  strip.querySelector('[data-when="rest"]').hidden = now.rest_left_s === null;
  put(strip, "rest", `${now.rest_left_s} s`);
}

async function tick() {
  try {
    const states = await (await fetch("/live.json")).json();
    for (const strip of strips) show(strip, states[strip.dataset.live]);
    for (const tag of tags) tag.textContent = states[tag.dataset.link]?.link ?? words["not connected"];
  } catch {
    for (const tag of tags) tag.textContent = words.unreachable;
  }
  setTimeout(tick, PERIOD_MS);
}

async function refresh() {
  try {
    const text = await (await fetch(location.href)).text();
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
    for (const section of document.querySelectorAll("main section")) {
      const id = section.getAttribute("aria-labelledby");
      const next = fresh.querySelector(`section[aria-labelledby="${id}"]`);
      if (!next) return location.reload();
      // The live strip stays: it is newer than the page.
      const strip = section.querySelector("[data-live]");
      const place = next.querySelector("[data-live]");
      if (strip && place) place.replaceWith(strip);
      if (section.innerHTML !== next.innerHTML) section.replaceChildren(...next.childNodes);
      else if (strip && place && !section.contains(strip)) section.replaceChildren(...next.childNodes);
    }
    if (fresh.querySelectorAll("section").length !== document.querySelectorAll("main section").length) location.reload();
  } catch {
    // tick() says that the companion cannot be reached
  }
  setTimeout(refresh, RELOAD_MS);
}

tick();
setTimeout(refresh, RELOAD_MS);

// Keeps the live strips current; when a device falls silent the page is fetched anew,
// so that a finished session, a new plan and the sync state appear by themselves.
import { clock, NONE, put, target, watch, words } from "./state.js";

const strips = [...document.querySelectorAll("[data-live]")];
const tags = [...document.querySelectorAll("[data-link]")];
const PERIOD_MS = 1000;
const RELOAD_MS = 5000;

function show(strip, now) {
  strip.hidden = !now?.active;
  if (strip.hidden) return;
  put(strip, "reps", String(now.reps));
  put(strip, "target", target(now));
  put(strip, "exercise", now.exercise);
  put(strip, "phase", now.phase);
  put(strip, "set", String(now.set));
  put(strip, "bpm", now.bpm ? String(now.bpm) : NONE);
  put(strip, "zone", String(now.zone));
  strip.querySelector('[data-when="rest"]').hidden = now.rest_left_s === null;
  if (now.rest_left_s !== null) put(strip, "rest", clock(now.rest_left_s));
}

watch(PERIOD_MS, (states) => {
  for (const strip of strips) if (states) show(strip, states[strip.dataset.live]);
  for (const tag of tags) tag.textContent = states ? (states[tag.dataset.link]?.link_words ?? words["not connected"]) : words.unreachable;
});

async function refresh() {
  try {
    const text = await (await fetch(location.href)).text();
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
    for (const section of document.querySelectorAll("main section")) {
      const id = section.getAttribute("aria-labelledby");
      const next = fresh.querySelector(`section[aria-labelledby="${id}"]`);
      if (!next) return location.reload();
      // What one has under the finger or opened is left alone; the live strip is newer than the page.
      if (section.contains(document.activeElement)) continue;
      for (const [n, part] of [...section.querySelectorAll("details")].entries()) {
        const other = next.querySelectorAll("details")[n];
        if (other) other.open = part.open;
      }
      const strip = section.querySelector("[data-live]");
      const place = next.querySelector("[data-live]");
      const same = (part) => part.innerHTML.replace(/<input type="hidden"[^>]*>|<div class="live"[\s\S]*?<\/div>\s*<\/div>/g, "");
      if (same(section) === same(next)) continue;
      if (strip && place) place.replaceWith(strip);
      section.replaceChildren(...next.childNodes);
    }
    if (fresh.querySelectorAll("section").length !== document.querySelectorAll("main section").length) location.reload();
  } catch {
    // watch() says that the companion cannot be reached
  }
  setTimeout(refresh, RELOAD_MS);
}

setTimeout(refresh, RELOAD_MS);

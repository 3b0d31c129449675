// A part of the page that is looked at again until it is another one (a sensor's step, a file that is read).
// What somebody types in meanwhile stays.
const LOOK_MS = 1000;
const HIDDEN_MS = 5000;
const here = document.querySelector("[data-stamp]");

async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const there = page.getElementById(here.id);
    if (there && there.dataset.stamp !== here.dataset.stamp) take(there);
    if (there && "last" in there.dataset) return;
  } catch {
    // out of reach for now: it stays as it was
  }
  setTimeout(look, document.hidden ? HIDDEN_MS : LOOK_MS);
}

function take(there) {
  const focused = here.contains(document.activeElement);
  here.dataset.stamp = there.dataset.stamp;
  here.replaceChildren(...there.childNodes);
  if (focused) here.querySelector("button")?.focus();
}

if (here) setTimeout(look, LOOK_MS);

// On every page: keep the last state for when there is no network, and say that a form is being worked on.
navigator.serviceWorker?.register("/sw.js").catch(() => {});

// The last state says of when it is; what is stale in a minute (a set under way) is not shown of it (style.css).
const { offline } = document.body.dataset;
if (offline) {
  const when = new Date(offline).toLocaleString(document.documentElement.dataset.dates, { dateStyle: "medium", timeStyle: "short" });
  document.querySelector("p.offline").append(` ${when}`);
}

for (const form of document.querySelectorAll("form[method=post]:not([data-long], [data-upload])")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button?.setAttribute("aria-busy", "true");
    setTimeout(() => button?.removeAttribute("aria-busy"), 8000); // a download leaves the page where it is
  });
}

// What takes long says so until the next page is here; a download changes no page, but leaves a receipt.
const TICK_MS = 500;
for (const form of document.querySelectorAll("form[data-long]")) {
  const [button, says, since] = ["button", "[role=status]", "[data-since]"].map((one) => form.querySelector(one));
  let clock = 0;
  const end = (text) => {
    clearInterval(clock);
    button.removeAttribute("aria-busy");
    says.textContent = text;
    since.textContent = "";
  };
  form.addEventListener("submit", (event) => {
    if (button.hasAttribute("aria-busy")) return event.preventDefault(); // it is under way
    const begun = Date.now();
    if (form.receipt) form.receipt.value = begun;
    button.setAttribute("aria-busy", "true");
    says.textContent = says.dataset.says;
    clock = setInterval(() => {
      since.textContent = `${Math.round((Date.now() - begun) / 1000)} s`;
      if (document.cookie.split("; ").includes(`receipt=${begun}`)) end(says.dataset.done);
    }, TICK_MS);
  });
  addEventListener("pageshow", (event) => event.persisted && end("")); // come back to by the browser's button
}

// One menu is open at a time, and Escape closes it.
const menu = document.querySelector(".tabs details");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});

// A table that is wider than its place is set tighter; if that does not do, it is read as rows below one
// another. Without scripts it scrolls.
const fits = (place) => {
  const table = place.firstElementChild;
  const { paddingLeft, paddingRight } = getComputedStyle(place);
  const room = place.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) + 1;
  delete table.dataset.tight;
  delete table.dataset.stacked;
  if (room <= 1 || table.offsetWidth <= room) return;
  table.dataset.tight = "";
  if (table.offsetWidth <= room) return;
  delete table.dataset.tight;
  table.dataset.stacked = "";
};
for (const place of document.querySelectorAll(".scroll:has(> table > thead)")) {
  const names = [...place.querySelectorAll("thead th")].map((one) => (one.querySelector(".hidden") ? "" : one.textContent));
  for (const row of place.querySelectorAll("tbody tr"))
    [...row.cells].forEach((cell, at) => {
      if (cell.colSpan === 1 && names[at]) cell.dataset.label = names[at];
    });
  new ResizeObserver(() => fits(place)).observe(place);
}

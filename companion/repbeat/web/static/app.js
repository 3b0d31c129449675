// On every page: keep the last state for when there is no network, and say that a form is being worked on.
navigator.serviceWorker?.register("/sw.js").catch(() => {});

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("button");
    button?.setAttribute("aria-busy", "true");
    setTimeout(() => button?.removeAttribute("aria-busy"), 8000); // a download leaves the page where it is
  });
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

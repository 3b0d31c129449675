// How much of a file has been sent; without scripts the browser says so itself.
const STEP = 10; // per cent that are spoken

for (const form of document.querySelectorAll("form[data-upload]")) {
  const [button, says, place, bar] = ["button", "[role=status]", "[data-sending]", "progress"].map((one) => form.querySelector(one));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.hasAttribute("aria-busy")) return;
    const request = new XMLHttpRequest();
    const failed = () => {
      button.removeAttribute("aria-busy");
      place.hidden = true;
      says.textContent = says.dataset.failed;
    };
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const percent = Math.floor((100 * loaded) / total);
      bar.value = percent;
      const said = says.dataset.says.replace("{}", percent - (percent % STEP));
      if (says.textContent !== said) says.textContent = said;
    });
    request.addEventListener("load", () => (request.status < 400 ? location.assign(request.responseURL) : failed()));
    request.addEventListener("error", failed);
    request.open("POST", form.action);
    button.setAttribute("aria-busy", "true");
    place.hidden = false;
    request.send(new FormData(form));
  });
}

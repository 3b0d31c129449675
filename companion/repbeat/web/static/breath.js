// Paces breaths by the common start: a word for each part, and a disc that grows and shrinks with it.
export class Breath {
  static onPage() {
    const given = document.getElementById("breath-pace");
    return given && new Breath(JSON.parse(given.textContent));
  }

  constructor({ pace, words }) {
    this.pace = pace;
    this.words = words;
    this.disc = document.querySelector("[data-breath]");
    this.said = document.getElementById("breath-words");
  }

  part(since) {
    const { listen, paced, in: inward, out } = this.pace;
    if (since === null || since < 0) return "";
    if (since >= 2 * listen + paced) return "over";
    if (since < listen || since >= listen + paced) return "listen";
    return (since - listen) % (inward + out) < inward ? "in" : "out";
  }

  show(since) {
    const part = this.part(since);
    if (this.disc.dataset.breath === part) return;
    this.disc.dataset.breath = part;
    this.said.textContent = this.words[part] ?? "";
  }
}

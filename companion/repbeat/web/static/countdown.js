// The common start of a shared session. It runs by the page's own clock from the moment of that one of the last
// answers that came the quickest, so that a slow answer moves it by no more than half its way.
const GO_S = 10;
const KEPT = 8;

export class Start {
  #heard = [];

  heard(asked, startsInMs) {
    const way = performance.now() - asked;
    if (startsInMs === null) return;
    this.#heard = [...this.#heard, { way, at: asked + way / 2 + startsInMs }].slice(-KEPT);
  }

  // Seconds since the start, below 0 before it; null where none is set.
  get since() {
    if (!this.#heard.length) return null;
    const { at } = this.#heard.reduce((best, one) => (one.way < best.way ? one : best));
    return (performance.now() - at) / 1000;
  }

  text(words) {
    if (this.since === null || this.since > GO_S) return "";
    return this.since < 0 ? words.starts.replace("{}", Math.ceil(-this.since)) : words.go;
  }
}

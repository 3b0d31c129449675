// The common start of a shared session. It runs by the page's own clock from the moment of the answer that
// came the quickest, so that a slow answer moves it by no more than half its way.
const GO_S = 10;

export class Start {
  #at = null;
  #shortest = Infinity;

  heard(asked, startsInMs) {
    const way = performance.now() - asked;
    if (startsInMs === null || way >= this.#shortest) return;
    this.#shortest = way;
    this.#at = asked + way / 2 + startsInMs;
  }

  // Seconds since the start, below 0 before it; null where none is set.
  get since() {
    return this.#at === null ? null : (performance.now() - this.#at) / 1000;
  }

  text(words) {
    if (this.since === null || this.since > GO_S) return "";
    return this.since < 0 ? words.starts.replace("{}", Math.ceil(-this.since)) : words.go;
  }
}

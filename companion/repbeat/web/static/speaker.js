// Cues for the ear, when somebody asked for them; what is said can be read, too.
const CAPTION_MS = 4000;

export class Speaker {
  constructor(button, captions) {
    this.button = button;
    this.captions = captions;
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(!this.asked));
      if (!this.asked) window.speechSynthesis?.cancel();
    });
  }

  get asked() {
    return this.button.getAttribute("aria-pressed") === "true";
  }

  // A caption for some seconds, and aloud.
  cue(text) {
    this.captions.textContent = text;
    setTimeout(() => this.captions.textContent === text && (this.captions.textContent = ""), CAPTION_MS);
    this.say(text);
  }

  say(text) {
    if (!this.asked || !window.speechSynthesis) return;
    const spoken = new SpeechSynthesisUtterance(text);
    spoken.lang = document.documentElement.lang;
    window.speechSynthesis.speak(spoken);
  }
}

"""A browser's voice that keeps what it was told to say, in `window.said`."""

VOICE = """
window.said = [];
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, "speechSynthesis",
  { value: { speak: (one) => window.said.push(one.text), cancel() {} } });
"""

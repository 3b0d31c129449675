"""The demo: the whole loop on real parts, from motion and pulse to a plan that the band proves it applied."""

"""Faults on purpose: power cuts, damaged frames, and what must survive them."""

"""The JSON API under /api/v1: an operation is declared once, and answers and describes itself by that."""

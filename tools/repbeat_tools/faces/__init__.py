"""The pages looked at: a companion filled as ten weeks fill it, screenshots, and what each page costs."""

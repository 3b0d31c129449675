"""The pages: what athletes and developers look at. They read the store and change nothing in it."""

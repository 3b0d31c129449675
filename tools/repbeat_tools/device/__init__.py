"""`repbeat device`: a board on a USB port, by mpremote: flash, provision, test, read, run."""

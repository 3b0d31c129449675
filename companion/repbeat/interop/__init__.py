"""Files that other programs speak: FIT, TCX, CSV, Apple Health, FHIR. Bytes in, values out, and back."""

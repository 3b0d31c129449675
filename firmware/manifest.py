# Frozen into the image by MicroPython's build: `make BOARD=… FROZEN_MANIFEST=…/firmware/manifest.py`.
# ruff: noqa: F821
# board.json and boot.py stay in the filesystem, so that one image serves every board with the chip.
include("$(PORT_DIR)/boards/manifest.py")
package("device", base_path=".")
package("repbeat_protocol", base_path="../protocol")
module("main.py", base_path=".")

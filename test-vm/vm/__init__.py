"""Boots Xen in QEMU, snapshots lanes of guests, and runs tests in them."""

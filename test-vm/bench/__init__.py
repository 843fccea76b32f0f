"""The benchmark: this pair beside the kernel's own, in one boot; docs/benchmarking.md."""

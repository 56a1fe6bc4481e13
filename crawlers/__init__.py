"""The kernel: vocabulary and machinery. It knows no source by name."""

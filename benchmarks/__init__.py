"""Benchmarks: companies of any size, the real night over them, a script written by hand beside it."""

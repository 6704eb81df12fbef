"""Benchmarks, the demo and maintainers' scripts. Installs as `racer.tools`."""

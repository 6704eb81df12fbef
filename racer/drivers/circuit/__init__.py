"""Drivers for circuits: scripts, chance, recorded laps, and policies."""

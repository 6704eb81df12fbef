"""Races on circuits: who drives what, the timing screen, laps that are kept."""

"""The game without pixels: who drives what, timing, laps that are kept, people at keyboards."""

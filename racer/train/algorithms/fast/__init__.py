"""Stable-Baselines3's algorithms with the same mathematics and a faster update."""

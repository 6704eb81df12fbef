"""Racer: a fast, deterministic car racing simulator for training and racing agents."""

"""Circuits on screen: cars, display, races, replays."""

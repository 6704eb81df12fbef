"""Drives on the highway: episodes frame by frame, a person at the keyboard."""

"""Checks of single settings: each gives the value, or says what is wrong with it."""

from __future__ import annotations

from racer.formats.settings import number, pair, truth, whole_number

__all__ = ["number", "pair", "truth", "whole_number"]

"""Figures: each function prints one JSON object a line. None of them is a test."""

"""Deliveries of calibration reference files: manifest, checks, placement, receipt. Standard library only."""

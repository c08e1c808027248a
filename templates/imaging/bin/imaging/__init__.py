"""Imaging: from raw exposures to calibrated images, catalogues and their place in the archive."""

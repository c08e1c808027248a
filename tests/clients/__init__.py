"""Other people's DRMAA programs, unchanged, with the library: see `__main__`."""

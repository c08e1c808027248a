"""A seeded simulator of the camera OWLCAM: raw exposures, reference files, deliveries, and the truth about
them.
"""

"""The schema's history, run by `owl db upgrade`."""

"""The web GUI: a Flask application over `owl.app`."""

"""OWL's web GUI: server-rendered pages, small scripts, and a documented JSON API below /api/v1.

It sees `owl.app`, `owl.ops`, `owl.model` and `owl.errors` only: it reads tables and writes intent, and never
talks to HTCondor.
"""

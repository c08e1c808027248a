"""A personal HTCondor pool for development, the demo and the tests.

`owl.pool.personal.PersonalPool` is the way in; the other modules are its parts.
"""

"""OWL, the Orchestrated Workflow Layer: manages data flowing through an HTCondor pool."""

__version__ = "0.1.0"

"""From a workflow's name to files that HTCondor can run: catalog, render, check, work directory."""

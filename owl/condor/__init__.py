"""HTCondor as OWL sees it: submit, query, DAG files, ClassAds, and what its codes mean."""

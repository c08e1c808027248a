"""All SQL of OWL: tables, what differs by dialect, and one module of verbs for each table."""

"""The demonstration: deliveries, exposures and associations through the whole of OWL on a real pool."""

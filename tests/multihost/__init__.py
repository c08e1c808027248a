"""A pool of six hosts in network namespaces of one machine."""

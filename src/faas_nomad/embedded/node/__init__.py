"""The one node of the stand-in: it runs allocations as child processes, or only acts as if."""

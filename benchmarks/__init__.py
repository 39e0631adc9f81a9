"""One script per promise of speed or memory; each prints a ratio against a floor or a peer."""

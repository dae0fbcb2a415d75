"""What the suites stand on: stand-in providers and a running door."""

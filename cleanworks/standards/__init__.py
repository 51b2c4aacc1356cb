"""OCDS, OC4IDS and the Seoul open-data feed: read, write, validate."""

"""The simulated city. Work in progress: the tables arrive with the next commits."""

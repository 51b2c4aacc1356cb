"""CleanWorks: a training-workshop toolkit and the curriculum that ships with it."""

__version__ = "0.1.0"

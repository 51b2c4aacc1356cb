"""Anti-corruption monitoring and evaluation as small functions over tables."""

"""Seoul's Clean Construction System as small functions over tables."""

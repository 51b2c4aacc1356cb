"""What each exercise set checks, one module per set, named by its id."""

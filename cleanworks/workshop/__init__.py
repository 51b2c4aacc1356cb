"""The toolkit: it would run anyone's course."""

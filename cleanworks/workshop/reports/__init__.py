"""What a person and a CI system see of a run: progress, the text at its end, JUnit XML, an HTML page, annotations."""

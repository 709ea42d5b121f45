"""Models for testing declarations: a journey with two people in one row, kept in two files."""

"""Tests of the house itself: floors, rules, declarations, papers and promises. They read the tree; they call no room."""

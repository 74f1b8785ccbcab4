"""What other rooms' templates ask of the search."""

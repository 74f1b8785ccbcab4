"""Commands of the home room."""

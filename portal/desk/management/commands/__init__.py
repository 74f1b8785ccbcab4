"""Commands of the practice desk."""

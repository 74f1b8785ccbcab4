"""The addresses of HelpSpot's own portal, kept working."""

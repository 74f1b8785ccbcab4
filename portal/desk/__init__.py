"""The built-in practice desk: HelpSpot's public API as a server."""

"""Accounts: signing in, and whether this visitor may see this request."""

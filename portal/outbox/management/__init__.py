"""The outbox room's commands."""

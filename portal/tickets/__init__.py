"""The pages of requests: submit, follow, reply."""

"""The knowledge base's pages."""

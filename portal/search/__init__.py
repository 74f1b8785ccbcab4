"""One search over guides and topics."""

"""The outbox: what a customer sends, kept until HelpSpot has it."""

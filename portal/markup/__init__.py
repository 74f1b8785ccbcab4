"""What others wrote, made safe and at home."""

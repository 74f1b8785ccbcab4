"""What operators and their load balancers ask the portal."""

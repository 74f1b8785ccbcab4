"""What the home room adds to manage.py."""

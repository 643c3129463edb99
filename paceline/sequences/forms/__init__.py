"""What people fill in about sequences."""

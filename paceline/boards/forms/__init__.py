"""What people fill in: projects, lists, cards."""

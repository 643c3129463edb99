"""Boards from elsewhere: what a file says, in one form for all of them."""

"""Reading sequences, who goes through them, and what came of it."""

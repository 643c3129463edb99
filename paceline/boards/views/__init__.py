"""The pages of projects and cards."""

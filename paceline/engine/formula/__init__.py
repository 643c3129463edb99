"""The formula language: small, typed, bounded; one tree, compiled and interpreted alike."""

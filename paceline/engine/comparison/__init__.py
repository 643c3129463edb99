"""What a comparison of two runs stands on: narrowed inputs, their mixtures, clauses of the plan."""

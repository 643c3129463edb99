"""The steps of a run, one business step a file: tables in, one table out, as SQLGlot queries."""

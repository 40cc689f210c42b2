"""Golden values of single operators: cases by family, each a list of Case."""

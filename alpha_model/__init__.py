"""Portfolio construction that explains itself."""

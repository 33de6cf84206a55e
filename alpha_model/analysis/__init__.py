"""Why did the strategy do what it did? Pure functions from a history to frames."""

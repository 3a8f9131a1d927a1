"""What a step's result depends on, and the results that are kept."""

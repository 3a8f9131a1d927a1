"""What the facts come to: a proposal, each line with its reason. Nothing is run."""

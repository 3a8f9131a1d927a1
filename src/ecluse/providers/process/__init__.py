"""The process target: this machine, through the keeper of an environment."""

"""This machine: how the keeper of an environment is reached and started here."""

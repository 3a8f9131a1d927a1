"""Test: the manifest's steps and the evidence they leave."""

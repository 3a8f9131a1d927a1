"""Workflows for the forges' CI: the same steps, one job each, with the same graph. Rendering is pure."""

"""What trackers that are asked over HTTP have in common."""

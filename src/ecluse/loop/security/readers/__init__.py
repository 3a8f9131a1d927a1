"""What each scanner prints, read. Pure."""

"""What is said of a release that can be checked: its parts, how it was made, and by whom."""

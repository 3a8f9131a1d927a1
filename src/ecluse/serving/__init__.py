"""What runs inside the app's own server process. Standard library and wire alone, Python 3.9."""

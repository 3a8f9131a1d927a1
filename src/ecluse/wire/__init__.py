"""What keeper, workers and controllers say to each other. Imports nothing, runs on Python 3.9."""

"""The schema of the app's data: which migrations a release has, which are applied, which can't be gone back from."""

"""GitLab, by its REST API."""

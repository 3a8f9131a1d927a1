"""copier, which lays out projects and merges later templates into them; and the template that it is given."""

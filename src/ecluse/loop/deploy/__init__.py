"""One release moves into one environment: it commits, or it undoes itself."""

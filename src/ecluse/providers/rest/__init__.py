"""What adapters of REST APIs share."""

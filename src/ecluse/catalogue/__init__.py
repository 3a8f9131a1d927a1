"""Every Problem code with its texts, as the source has them: for the reference pages and for `ecluse explain`."""

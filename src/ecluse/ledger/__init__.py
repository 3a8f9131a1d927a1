"""The append-only memory."""

"""How values look on a terminal. Nothing is decided here."""

"""The nouns: frozen values and their legal moves. Imports nothing of ours."""

"""The proposal tried: built, imported, started, asked, cured, until it works or is given up."""

"""An app whose import fails."""

raise RuntimeError("the settings are incomplete")

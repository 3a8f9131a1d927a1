"""An app whose one step looks whether a file says that it is good."""

MANIFEST = """
[app]
name = "demo"

[processes.worker]
command = ["sleep", "600"]

[steps.good]
command = ["grep", "-q", "good", "state"]
inputs = ["state"]
"""

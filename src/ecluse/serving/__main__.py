"""`python launch --app module:attribute …`: see `options`."""

import os
import sys

from ecluse.serving.launch import main

if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # The app ran in the workers: there is nothing here that wants to be taken apart, and whoever stops us waits.
    os._exit(status)

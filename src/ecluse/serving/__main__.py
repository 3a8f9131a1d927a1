"""`python launch --app module:attribute …`: see `options`."""

import sys

from ecluse.serving.launch import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

import argparse
import pathlib

import trafaret as t
import yaml

BASE_DIR = pathlib.Path(__file__).parent.parent
DEFAULT_CONFIG_PATH = BASE_DIR / "config" / "polls.yaml"
CONFIG = t.Dict({"host": t.String(), "port": t.Int(), "database": t.String(), "uploads": t.String()})


def get_config(argv=None):
    parser = argparse.ArgumentParser(description="polls")
    parser.add_argument("-c", "--config", default=DEFAULT_CONFIG_PATH)
    options, _ = parser.parse_known_args(argv)
    with open(options.config) as file:
        return CONFIG.check(yaml.safe_load(file))

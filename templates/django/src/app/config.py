"""Django's settings. What differs between places comes from the environment (.env.example)."""

import os
from pathlib import Path

from django.core.management.utils import get_random_secret_key

ROOT = Path(__file__).resolve().parents[2]


def secret_key(given: str, *, debug: bool) -> str:
    """On a developer's machine any key will do; elsewhere `main` refuses to start without one."""
    return given or (get_random_secret_key() if debug else "")


DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = secret_key(os.environ.get("SECRET_KEY", ""), debug=DEBUG)
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")

INSTALLED_APPS = ["app"]
MIDDLEWARE = [
    "app.counting.count_requests",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "app.urls"
WSGI_APPLICATION = "app.main.application"

DATABASE = ROOT / os.environ.get("DATABASE", "data/db.sqlite3")
DATABASE.parent.mkdir(parents=True, exist_ok=True)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE,
        # A writer waits for its turn, instead of failing in the middle of its transaction.
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
    }
}
LOGGING = {  # left to itself, Django tells of errors by mail alone, unless DEBUG is on
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"django": {"handlers": ["stderr"], "level": "INFO", "propagate": False}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

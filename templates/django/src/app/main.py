"""What a server of WSGI calls."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.config")
application = get_wsgi_application()
if not settings.SECRET_KEY:  # which Django refuses by itself, but only when something is signed
    raise SystemExit("SECRET_KEY is not set")

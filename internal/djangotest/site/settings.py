"""A small Django site; what a test wants otherwise is in the variable SITE, as JSON."""
import json
import os

SITE = json.loads(os.environ["SITE"])

SECRET_KEY = "interop-secret-key-0123456789-abcdefghijklmnop"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "views"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "people"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": SITE["database"]}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast, as in Django's own tests
USE_TZ = True  # the default since 5.0 only
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}

globals().update(SITE["settings"])

"""Static files: built into assets/dist, served by WhiteNoise under hashed names."""

import sys

from bloom.env import ROOT
from bloom.settings.environment import ENVIRONMENT

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.var_dir / "static"
STATICFILES_DIRS = [path for path in (ROOT / "assets/dist", ROOT / "assets/static") if path.is_dir()]

# Without collected files (unit tests, a first look with runserver) the finders serve them as they are.
_collected = (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not _collected
WHITENOISE_MAX_AGE = 31_536_000 if _collected else 0
STATICFILES_BACKEND = (
    "whitenoise.storage.CompressedManifestStaticFilesStorage"
    if _collected or ENVIRONMENT.is_production or sys.argv[1:2] == ["collectstatic"]
    else "django.contrib.staticfiles.storage.StaticFilesStorage"
)

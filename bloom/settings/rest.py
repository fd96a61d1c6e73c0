"""REST: JSON only, problem+json errors, an OpenAPI description."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # `?format=` is a filter of the directory, and JSON is the only format.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "bloom.kernel.problems.problem_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Bloom",
    "DESCRIPTION": "The REST API of Bloom. Errors are RFC 9457 problem details; times are RFC 3339 in UTC.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    # As the enums have them: a test refuses a description that the library warns of.
    "ENUM_NAME_OVERRIDES": {
        "Role": ["patient", "therapist", "support", "admin"],
        "PracticeRole": ["owner", "clinician", "supervisor", "biller", "front_desk"],
        "ConversationRole": ["patient", "therapist"],
        "MeetingMode": ["telehealth", "in_person"],
        "MeetingModes": ["telehealth", "in_person", "both"],
        "DayApartKind": ["off", "extra"],
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "bloom.kernel.api.components_add",
    ],
}

"""All settings, read once from the environment; without DEBUG this is production."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from csp.constants import NONE, SELF
from django.urls import reverse

from config import database, environment, logs, providers, start
from config.languages import languages_with_catalogs

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]

# The installation
DEBUG = environment.boolean("DEBUG")
PORT = environment.number("PORT", 8000, most=65534 if DEBUG else 65535)  # the demo provider's is the next one
SITE_URL = environment.site_address("SITE_URL", f"http://127.0.0.1:{PORT}")
SITE_URL_IS_SET = bool(environment.text("SITE_URL"))
DATA_DIR = environment.folder("DATA_DIR", BASE_DIR / "var")
start.claim_data_dir(DATA_DIR, BASE_DIR)
READ_ONLY_FILE = DATA_DIR / "read-only"  # while it exists, pages are shown, but nothing is accepted and no job runs
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")

_address = urlsplit(SITE_URL)
HTTPS = _address.scheme == "https"
ALLOWED_HOSTS = [_address.hostname or ""] if SITE_URL_IS_SET else ["127.0.0.1", "localhost", "[::1]"]

SECRET_KEY_IS_SET = bool(environment.text("SECRET_KEY"))
try:
    SECRET_KEY = environment.text("SECRET_KEY") or start.load_or_create_secret_key(DATA_DIR / "secret_key")
except OSError as error:
    environment.stop(f"DATA_DIR must be a folder that this user can read and write: {error}.")
SECRET_KEY_FALLBACKS = environment.comma_separated("SECRET_KEY_FALLBACKS")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or SECRET_KEY.startswith("django-insecure-"):
    environment.stop(
        "SECRET_KEY is too weak. Use at least 50 characters, 10 of them different, "
        "or leave it unset to have one generated in DATA_DIR."
        if SECRET_KEY_IS_SET
        else f"The key in {DATA_DIR / 'secret_key'} is damaged. Restore the file, or delete it to have a new key "
        "generated. With another key, authenticator apps must be set up again."
    )

# Login providers; in the demo and the tests our demo provider imitates those that have no keys
DEMO_PROVIDER_URL = f"http://localhost:{PORT + 1}" if DEBUG else ""
with environment.exit_on_error():
    PROVIDERS = providers.configured_providers(os.environ, DEMO_PROVIDER_URL)
KNOWN_PROVIDERS = providers.KNOWN
SOCIALACCOUNT_PROVIDERS = providers.allauth_settings(PROVIDERS)

# Apps and middleware
INSTALLED_APPS = [
    "server",
    "pagecache",
    "search",
    "accounts",
    "accounts.providers",
    "blog",
    "comments",
    "moderation",
    "transfer",
    "demo",
    "mptt",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    *providers.apps_of(PROVIDERS),
    "allauth.mfa",
    "accounts.apps.SessionsConfig",  # allauth.usersessions, without addresses
    "django_tasks",
    "django_tasks_db",
    "csp",
    "server.apps.AdminConfig",  # django.contrib.admin, bounded
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "django_prose_editor",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "server.http.middleware.DatabaseUnavailableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "blog.middleware.HeadersMiddleware",
    "server.http.middleware.InvalidInputMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "blog.middleware.SiteMiddleware",
    "django.middleware.common.CommonMiddleware",
    "server.http.middleware.OriginMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.CommenterMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.RetryAfterMiddleware",
    "accounts.middleware.StaffSessionMiddleware",
    "accounts.middleware.ProviderMiddleware",
    "accounts.middleware.StaffTwoFactorMiddleware",
]
ROOT_URLCONF = "config.urls"
ABSOLUTE_URL_OVERRIDES = {"accounts.user": lambda user: reverse("author", args=[user.username])}
# Pages of moderators that emails link to
QUEUE_PATH, QUEUE_EMAIL_PATH, DECISION_PATH = "admin/comments/queue/", "accounts/queue-mail/", "comments/decide/"
# Enqueued with the key of an essay whenever its published text may have changed
JOBS_AFTER_PUBLISHING = ["comments.passages.jobs.move_passages", "comments.answers.jobs.complete_corrections"]
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "blog.middleware.site_context",
            ],
        },
    },
]

# Databases, caches and files
DATABASES: dict[str, Any] = {
    "default": environment.database("DATABASE_URL", f"sqlite:///{quote(str(DATA_DIR / 'rejoinder.sqlite3'))}"),
}
ON_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if ON_SQLITE:
    DATABASES["default"]["ENGINE"] = "server.sqlite"
_url_options = DATABASES["default"].get("OPTIONS", {})
DATABASE_POOLER = environment.choice("DATABASE_POOLER", ("transaction",))  # PgBouncer, by its pool_mode
if DATABASE_POOLER and ON_SQLITE:
    environment.stop("DATABASE_POOLER is for PostgreSQL. Set DATABASE_URL to the pooler, or unset DATABASE_POOLER.")
_postgres_options = database.postgres_options(database.POSTGRES_OPTIONS, pooler=bool(DATABASE_POOLER))
_request_options = database.postgres_options(database.POSTGRES_REQUEST_OPTIONS, pooler=bool(DATABASE_POOLER))
DATABASES["default"]["OPTIONS"] = (database.SQLITE_OPTIONS if ON_SQLITE else _postgres_options) | _url_options
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = bool(DATABASE_POOLER)
REQUEST_OPTIONS = {} if ON_SQLITE else {**_request_options, **_url_options, "application_name": database.SITE_PROCESS}
DATABASES["default"]["CONN_MAX_AGE"] = 0  # the pool keeps them
DATABASES["default"]["CONN_HEALTH_CHECKS"] = not ON_SQLITE  # else each fails a request after a restart of the server
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MAX_PROCESSES = 128
WEB_CONCURRENCY = environment.number("WEB_CONCURRENCY", 1 if ON_SQLITE else 2, most=MAX_PROCESSES)
CACHES = {"default": environment.cache("CACHE_URL", "dbcache://rejoinder_cache")}  # shared by every process
if CACHES["default"]["BACKEND"].endswith("RedisCache"):
    CACHES["default"]["BACKEND"] = "server.cache.RedisOrDatabase"
TASKS = {"default": {"BACKEND": "server.prepared.PreparedTasks"}}

MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Images are on this machine's disk or in a bucket that every host reaches; the site serves them in both cases
S3_BUCKET = environment.text("S3_BUCKET")
if S3_BUCKET:
    start.require_bucket_packages()
S3_OPTIONS = {
    "bucket_name": S3_BUCKET,
    "endpoint_url": environment.address("S3_ENDPOINT") or None,
    "region_name": environment.text("S3_REGION") or None,
    "access_key": environment.text("S3_KEY") or None,
    "secret_key": environment.text("S3_SECRET") or None,
    "location": environment.text("S3_FOLDER"),
    "addressing_style": environment.choice("S3_ADDRESSING", ("auto", "path", "virtual")) or None,
}
PRIVATE_BUCKET = "config.bucket.LimitedBucket"  # class of the storage of files that readers cannot open
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "config.bucket.S3MediaStorage", "OPTIONS": S3_OPTIONS}
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.JoinedStaticFilesStorage"},
}
# Backups: a folder, or a bucket at the same service
BACKUP_FOLDER = str(environment.folder("BACKUP_FOLDER", Path())) if environment.text("BACKUP_FOLDER") else ""
BACKUP_BUCKET = environment.text("BACKUP_BUCKET")
if BACKUP_BUCKET:
    start.require_bucket_packages()
    if BACKUP_BUCKET == S3_BUCKET:
        environment.stop("BACKUP_BUCKET must not be S3_BUCKET, because the site serves the files in that one.")
if BACKUP_FOLDER and Path(BACKUP_FOLDER).is_relative_to(MEDIA_ROOT):
    environment.stop("BACKUP_FOLDER must not be in DATA_DIR/media, because the site serves the files there.")
BACKUP_HOURS = environment.number("BACKUP_HOURS", 24, most=24 * 31)
BACKUP_KEEP = environment.text("BACKUP_KEEP", "7d4w6m")
if not re.fullmatch(r"(?=.)(\d+d)?(\d+w)?(\d+m)?", BACKUP_KEEP):
    environment.stop("BACKUP_KEEP must be like 7d4w6m: days, weeks and months.")
BACKUP_WARN_HOURS = environment.number("BACKUP_WARN_HOURS", 2 * BACKUP_HOURS, most=24 * 366)
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_MAX_AGE = 3600

EMAIL_URL_IS_SET = bool(environment.text("EMAIL_URL"))
if EMAIL_URL_IS_SET:
    vars().update(environment.mail("EMAIL_URL"))
else:
    EMAIL_BACKEND = "config.mail.PrivateFileBackend"
    EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.email("DEFAULT_FROM_EMAIL", f"Rejoinder <rejoinder@{_address.hostname}>")
BOUNCE_ADDRESS = environment.email("BOUNCE_ADDRESS")  # receives undeliverable emails
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Languages and time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]
SITE_LANGUAGES = languages_with_catalogs(LOCALE_PATHS)
FORMAT_MODULE_PATH = ["config.formats"]

# Logins
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.login.backends.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/done/?login=out"  # which notifies every open page
ACCOUNT_ADAPTER = "accounts.login.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]  # without password1 the login form has no password either
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.profiles.forms.SignupForm"
ACCOUNT_FORMS = {
    "signup": "accounts.login.allauth_forms.SignupForm",
    "request_login_code": "accounts.login.allauth_forms.RequestLoginCodeForm",
    "reset_password": "accounts.login.allauth_forms.ResetPasswordForm",
    "add_email": "accounts.login.allauth_forms.AddEmailForm",
    "change_email": "accounts.login.allauth_forms.ChangeEmailForm",
    "confirm_login_code": "accounts.login.allauth_forms.ConfirmLoginCodeForm",
    "confirm_password_reset_code": "accounts.login.allauth_forms.ConfirmResetCodeForm",
    "confirm_email_verification_code": "accounts.login.allauth_forms.ConfirmAddressForm",
}
# Emailed codes are typed where they were requested; digits suit every keyboard
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "/accounts/email/"
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60  # some mail servers delay emails from new senders
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = ACCOUNT_LOGIN_BY_CODE_TIMEOUT
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_MAX_ATTEMPTS = ACCOUNT_PASSWORD_RESET_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_TIMEOUT = 30 * 60
ACCOUNT_SESSION_REMEMBER = True  # as long as by code, passkey or provider
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _address.scheme
ACCOUNT_MAX_EMAIL_ADDRESSES = 3
# accounts.login.attempts and accounts.login.codes count these: with allauth's own counts per account strangers could
# lock people out, and a request could sleep
_counted = ("login", "login_failed", "signup", "reset_password", "reset_password_from_key", "request_login_code")
ACCOUNT_RATE_LIMITS = dict.fromkeys((*_counted, "confirm_email"))
SOCIALACCOUNT_ADAPTER = "accounts.login.adapters.SocialAccountAdapter"
SOCIALACCOUNT_FORMS = {"disconnect": "accounts.login.disconnecting.DisconnectForm"}
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"  # a login by provider never waits for an email
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_REQUIRED = False
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_STORE_TOKENS = False
MFA_RATE_LIMITS = {"webauthn_login": None}  # a passkey cannot be guessed
MFA_FORMS = {
    "authenticate": "accounts.login.mfa_forms.AuthenticateForm",
    "authenticate_webauthn": "accounts.login.mfa_forms.AuthenticateWebAuthnForm",
    "login_webauthn": "accounts.login.mfa_forms.LoginWebAuthnForm",
    "reauthenticate": "accounts.login.mfa_forms.ReauthenticateForm",
    "reauthenticate_webauthn": "accounts.login.mfa_forms.ReauthenticateWebAuthnForm",
}
MFA_ADAPTER = "accounts.login.mfa.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
STAFF_SECOND_FACTOR = environment.boolean("STAFF_SECOND_FACTOR")  # required for the admin
ALLAUTH_TRUSTED_PROXY_COUNT = 0  # server.http.gateway has already corrected REMOTE_ADDR

# Security headers, cookies and limits
SECURE_SSL_REDIRECT = False  # left to the proxy: redirect loops are the commonest first-day fault
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
COMMENTER_COOKIE_NAME = "__Host-commenter" if HTTPS else "commenter"
ADDRESS_COOKIE_NAME = "__Host-address" if HTTPS else "address"
DEVICE_COOKIE_NAME = "__Host-device" if HTTPS else "device"
VISIT_COOKIE_NAME = "__Host-visit" if HTTPS else "visit"
MUTES_COOKIE_NAME = "__Host-mutes" if HTTPS else "mutes"
COMMENTER_COOKIE_AGE = DEVICE_COOKIE_AGE = MUTES_COOKIE_AGE = 60 * 60 * 24 * 365
VISIT_COOKIE_AGE = 60 * 60 * 24
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
STAFF_IDLE_HOURS = environment.number("STAFF_IDLE_HOURS", 12, most=24 * 30)
STAFF_SESSION_DAYS = environment.number("STAFF_SESSION_DAYS", 14, most=30)
CSRF_TRUSTED_ORIGINS = [f"{_address.scheme}://{_address.netloc}"]
CSRF_FAILURE_VIEW = "server.http.middleware.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        **{f"{kind}-src": [SELF] for kind in ("script", "style", "img", "font", "connect", "manifest")},
        # includes redirects after a form: Chromium stops a login at the first origin that is not listed
        "form-action": [SELF, *(origin for provider in PROVIDERS for origin in provider.origins)],
        **{name: [NONE] for name in ("base-uri", "object-src", "frame-src", "frame-ancestors")},
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # BODY_LIMITS sets a lower limit for each path
DATA_UPLOAD_MAX_NUMBER_FILES = 10

# Akismet is used if there is a key; the owner may name another service with the same interface
AKISMET_KEY = environment.text("AKISMET_KEY")
AKISMET_URL = environment.address("AKISMET_URL", "https://rest.akismet.com/1.1")

# The only private origins that the login client may request: the demo provider, and servers that the owner named
FETCH_ALLOWED_ORIGINS = frozenset(
    origin for provider in PROVIDERS if provider.is_demo or provider.server_url for origin in provider.origins
)

# For the page cache: query parameters that select another page,
# and those that make a page personal
PAGECACHE_QUERY_NAMES = frozenset({
    "cpage", "order", "by", "essay", "comment", "thread", "after", "replies", "replyto", "on", "passage",
    "page", "p", "page_id", "s",
})  # fmt: skip
# The cookie that remembers `?order=newest`, on pages that may have threads (pagecache/choices.py)
PAGECACHE_CHOICE = "order"
PAGECACHE_CHOICE_VALUES = ("oldest", "newest", "liked")
PAGECACHE_CHOICE_COMPANIONS = ("by", "replies")
PAGECACHE_CHOICE_PATHS = r"(/\d{4}/\d\d/\d\d)?/[^/]+/"
PAGECACHE_PERSONAL_NAMES = frozenset({"key", "login", "change", "edited", "deleted", "said", "mailed", "unplaced"})
# Largest request bodies: the longest matching path prefix counts; elsewhere 256 KiB
BODY_LIMITS = {
    "/admin/": 4 * 1024 * 1024,
    "/admin/blog/essay/import/": 21 * 1024 * 1024,
    "/admin/import-export/": 46 * 1024 * 1024,
    "/admin/blog/image/": 11 * 1024 * 1024,
    "/accounts/picture/": 9 * 1024 * 1024,
}
PAGECACHE_BYTES = 64 * 1024 * 1024

# Log, metrics and contacts
LOG_FORMAT = environment.choice("LOG_FORMAT", ("text", "json")) or "text"
LOG_LEVEL = environment.choice("LOG_LEVEL", ("debug", "info", "warning", "error")).upper() or "INFO"
LOG_REQUESTS = environment.boolean("LOG_REQUESTS") and LOG_LEVEL in {"DEBUG", "INFO"}
METRICS_TOKEN = environment.secret("METRICS_TOKEN", least=20)
SECURITY_CONTACT = environment.contact("SECURITY_CONTACT")
SENTRY_DSN = environment.address("SENTRY_DSN")
VARIABLES = environment.NAMES | providers.NAMES
if SENTRY_DSN:
    start.require_sentry_package()
LOGGING = logs.configure(LOG_LEVEL, LOG_FORMAT)
SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # server.http.middleware.OriginMiddleware extends that middleware
    "security.W008",  # SECURE_SSL_REDIRECT: see above
    "security.W004",  # HSTS is off only where SITE_URL is http
    "security.W005",  # subdomains and preload are the owner's to decide
    "security.W021",
    "security.W012",  # cookies are Secure exactly where SITE_URL is https
    "security.W016",
]

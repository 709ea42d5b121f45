"""Everything that can be set, in one file. Each value comes from the environment, or from a file named by `<NAME>_FILE`.

`make run` writes its values to `<state>/env`, which is read here as the fallback, so that `manage.py` works beside it.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

ROOT = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("BESTTRAV_STATE") or ROOT / "var")


def _written_values() -> dict[str, str]:
    try:
        lines = (STATE / "env").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


_written = _written_values()


def env(name: str, default: str = "") -> str:
    """The setting BESTTRAV_<name>; a file named by BESTTRAV_<name>_FILE must be readable or the start fails."""
    key = f"BESTTRAV_{name}"
    if path := os.environ.get(f"{key}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{key}_FILE cannot be read: {error.strerror}") from None
    return os.environ.get(key, _written.get(key, default))


def env_flag(name: str, default: bool = False) -> bool:
    return env(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


THREADS = int(env("THREADS", "32"))  # how many requests one process answers at a time; the web server is started with the same number


def database(name: str) -> dict[str, Any]:
    """A PostgreSQL connection from BESTTRAV_<name>: postgresql://user:password@host:port/database."""
    url = urlsplit(env(name, f"postgresql://postgres@127.0.0.1:5432/besttrav_{name.lower().removesuffix('_url')}"))
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"BESTTRAV_{name} must be a postgresql:// address")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "127.0.0.1",
        "PORT": url.port or 5432,
        "CONN_MAX_AGE": 0,
        # A request may hold a connection of one store while it waits for one of the other, so a pool smaller than the number of threads
        # lets two crowds wait for each other: there is a connection for every thread, and nobody ever waits for one.
        "OPTIONS": {"pool": {"min_size": 1, "max_size": THREADS, "timeout": 10}} if env_flag("POOL") else {},
    }


DEBUG = env_flag("DEBUG")
SECRET_KEY = env("SECRET_KEY")
ALLOWED_HOSTS = [host for host in env("HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host]
DATABASES = {"default": database("DATABASE_URL"), "vault": database("VAULT_URL")}
# The vault answers a few statements again and again: each connection prepares them, and keys travel as bytes and not as text.
# They are planned once: planning anew cost five times as much as answering.
DATABASES["vault"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 5, "options": "-c plan_cache_mode=force_generic_plan"}
DATABASE_ROUTERS = ["besttrav.privacy.vault.router.VaultRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

ROOT_URLCONF = "besttrav.urls"
WSGI_APPLICATION = "besttrav.wsgi.application"

INSTALLED_APPS = [
    "procrastinate.contrib.django",
    "django.contrib.staticfiles",
    "django_htmx",
    "besttrav.ui",
    "besttrav.portal",
    "besttrav.console",
    "besttrav.journal",
    "besttrav.privacy.vault",
    "besttrav.privacy",
    "besttrav.contact",
    "besttrav.catalogue",
    "besttrav.people",
    "besttrav.insurers",
    "besttrav.payments",
    "besttrav.policies",
    "besttrav.invoices",
    "besttrav.sales",
    "besttrav.books",
]

# Outermost first. What decides who acts stands inside the cross-site guards and outside the error pages.
MIDDLEWARE = [
    "besttrav.ui.middleware.Headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "besttrav.ui.middleware.SmallBodies",
    "besttrav.ui.middleware.FetchMetadata",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "besttrav.people.middleware.WhoIsThere",
    "besttrav.ui.middleware.ErrorPages",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["django.template.context_processors.request", "besttrav.ui.context.shell"],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "besttrav.ui.templatetags.ui"],
        },
    }
]

# Pages. One stylesheet and one script per shell, joined and hashed by `manage.py collectstatic`.
STATIC_URL = "/static/"
STATIC_ROOT = STATE / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "besttrav.ui.assets.Assets"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# Rendered public pages and pieces of them, kept by each process: what a product's version says never changes, and a page is asked for under
# a name that changes with everything it shows (ui/fresh.py). Nothing that somebody typed is in them. 300 pages are some ten megabytes.
_KEPT = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _KEPT, "LOCATION": "pieces", "OPTIONS": {"MAX_ENTRIES": 1000}},
    "pages": {"BACKEND": _KEPT, "LOCATION": "pages", "TIMEOUT": 3600, "OPTIONS": {"MAX_ENTRIES": 300}},
}

# A whole request. No page takes files; the largest is a pasted list of travellers, which is answered beside its field up to this size.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4_000  # two hundred travellers with every field a product can ask

HTTPS = env_flag("HTTPS")  # on wherever the outside reaches us by https: cookies become Secure and HSTS is sent
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Not "no-referrer": with it browsers post our own forms with `Origin: null`, which is what a forged form looks like.
# Nothing is sent to any other site either way.
SECURE_REFERRER_POLICY = "same-origin"
CSRF_COOKIE_NAME = "forms"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "besttrav.ui.errors.csrf_failed"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SECURE = HTTPS

# Who runs this platform. Every page that must name the operator reads it here; the values below are invented.
OPERATOR = {
    "brand": env("BRAND", "Besttrav"),
    "name": env("OPERATOR_NAME", "行笺保险经纪有限公司"),
    "name_en": env("OPERATOR_NAME_EN", "Xingjian Insurance Brokers Ltd"),
    "licence": env("OPERATOR_LICENCE", "2600 0000 0000 0000"),
    "icp": env("OPERATOR_ICP", "浙ICP备00000000号"),
    "address": env("OPERATOR_ADDRESS", "浙江省杭州市示例路 1 号"),
    "address_en": env("OPERATOR_ADDRESS_EN", "1 Example Road, Hangzhou, Zhejiang"),
    "hotline": env("OPERATOR_HOTLINE", "400-000-0000"),
    "hours": env("OPERATOR_HOURS", "08:00–24:00"),
    "service_mailbox": env("OPERATOR_SERVICE_MAILBOX", "service@besttrav.example"),
    "supervision": env("OPERATOR_SUPERVISION", "12378"),
    "privacy_department": env("OPERATOR_PRIVACY_DEPARTMENT", "个人信息保护部"),
    "privacy_department_en": env("OPERATOR_PRIVACY_DEPARTMENT_EN", "Personal Information Protection"),
    "privacy_officer": env("OPERATOR_PRIVACY_OFFICER", "沈知简"),
    "privacy_officer_en": env("OPERATOR_PRIVACY_OFFICER_EN", "Shen Zhijian"),
    "privacy_mailbox": env("OPERATOR_PRIVACY_MAILBOX", "privacy@besttrav.example"),
}
OPERATOR_IS_INVENTED = not env("OPERATOR_NAME")

# Time is stored in UTC; days are counted in Beijing, where the law counts them.
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "besttrav" / "locale"]
POLICY = ROOT / "policy"
PRODUCTS = ROOT / "products"


# Where the outside reaches us: payment channels and insurers send their notices there.
PUBLIC_ADDRESS = env("PUBLIC_ADDRESS", "http://127.0.0.1:8000").rstrip("/")
# Begins the number of every order: two capital letters.
ORDER_PREFIX = env("ORDER_PREFIX", "BT")
# Begins the number of every surrender: two capital letters, others than those of an order.
SURRENDER_PREFIX = env("SURRENDER_PREFIX", "TB")
# The channels people can pay by, in the order in which they are offered; each needs its entry in PROVIDERS.
PAYMENT_CHANNELS = [name for name in env("PAYMENT_CHANNELS", "wechat,alipay").split(",") if name]
# Begins every number of ours at a payment channel: at most five letters or digits. Places that share a merchant's account differ in it.
PAYMENT_PREFIX = env("PAYMENT_PREFIX", "BT")


def _json_insurer(code: str, simulator: str) -> dict[str, Any]:
    """An insurer of the JSON dialect; its values come from BESTTRAV_INSURER_<CODE>_..."""
    name = f"INSURER_{code.upper()}"
    return {
        "class": env(f"{name}_CLASS", "besttrav.providers.insurers.hmac_json.adapter.JsonInsurer"),
        "options": {
            "code": code,
            "address": env(f"{name}_ADDRESS", env(f"SIMULATOR_{simulator}") or f"https://open.{code}.example"),
            "partner": env(f"{name}_PARTNER", f"besttrav-{code}"),
            "secret": env(f"{name}_SECRET", str(STATE / "keys" / "insurers" / f"{code}.secret")),
            "notify_url": f"{PUBLIC_ADDRESS}/api/callbacks/insurers/{code}/",
        },
    }


def _invoicing(code: str) -> dict[str, Any]:
    """Who issues the invoices of an insurer: itself, or a platform on its behalf. Its values come from BESTTRAV_INVOICING_<CODE>_...

    Whether an insurer issues to an organisation that is not the policyholder is its own rule: ask it, and set ..._ANY_TITLE=0 where not.
    """
    name = f"INVOICING_{code.upper()}"
    return {
        "class": env(f"{name}_CLASS", "besttrav.providers.invoicing.hmac_json.adapter.JsonInvoicing"),
        "options": {
            "code": code,
            "address": env(f"{name}_ADDRESS", env("SIMULATOR_INVOICES") or f"https://fapiao.{code}.example"),
            "partner": env(f"{name}_PARTNER", f"besttrav-{code}"),
            "secret": env(f"{name}_SECRET", str(STATE / "keys" / "invoicing" / f"{code}.secret")),
            "any_title": env_flag(f"{name}_ANY_TITLE", default=True),
        },
    }


# The insurers whose invoices are issued through us; customers of the others are told to ask their insurer.
INVOICING = [code for code in env("INVOICING", "heyan,songhe,yunhang").split(",") if code]

# Vendors: one line each. The class is loaded by kernel.registry; options are passed to it.
PROVIDERS: dict[str, dict[str, Any]] = {
    "keys": {
        "class": env("KEYS_CLASS", "besttrav.providers.keys.local.LocalKeyring"),
        "options": {"path": env("KEYRING", str(STATE / "keys" / "keyring.json"))},
    },
    "carrier": {
        "class": env("CARRIER_CLASS", "besttrav.providers.carriers.aliyun.adapter.AliyunCarrier"),
        "options": {
            "address": env("CARRIER_ADDRESS", env("SIMULATOR_SMS") or "https://dysmsapi.aliyuncs.com"),
            "key_id": env("CARRIER_KEY_ID", "demo-key"),
            "secret": env("CARRIER_SECRET", "demo-secret"),
            "sign_name": env("CARRIER_SIGN_NAME", "行笺保险"),
        },
    },
    "insurer:heyan": _json_insurer("heyan", "HEYAN"),
    "insurer:songhe": _json_insurer("songhe", "HEYAN"),  # one simulator serves both by account
    "insurer:yunhang": {
        "class": env("INSURER_YUNHANG_CLASS", "besttrav.providers.insurers.rsa_xml.adapter.XmlInsurer"),
        "options": {
            "code": "yunhang",
            "address": env("INSURER_YUNHANG_ADDRESS", env("SIMULATOR_YUNHANG") or "https://jieru.yunhang.example"),
            "channel": env("INSURER_YUNHANG_CHANNEL", "BT0001"),
            "key": env("INSURER_YUNHANG_KEY", str(STATE / "keys" / "insurers" / "yunhang_private.pem")),
            "insurer_key": env("INSURER_YUNHANG_INSURER_KEY", str(STATE / "simulators" / "yunhang" / "insurer_public.pem")),
            "notify_url": f"{PUBLIC_ADDRESS}/api/callbacks/insurers/yunhang/",
        },
    },
    "wechat": {
        "class": env("WECHAT_CLASS", "besttrav.providers.payments.wechat.adapter.WeChatPay"),
        "options": {
            "address": env("WECHAT_ADDRESS", env("SIMULATOR_WECHAT") or "https://api.mch.weixin.qq.com"),
            "app": env("WECHAT_APP", "wx00000000000000d0"),
            "merchant": env("WECHAT_MERCHANT", "1900000000"),
            "serial": env("WECHAT_SERIAL", "00000000000000000000000000000000000000D0"),
            "key": env("WECHAT_KEY", str(STATE / "keys" / "wechat_merchant.pem")),
            "api_key": env("WECHAT_API_KEY", str(STATE / "keys" / "wechat_api_key")),
            "platform_keys": env("WECHAT_PLATFORM_KEYS", str(STATE / "simulators" / "wechat" / "platform_keys")),
            "notify_url": f"{PUBLIC_ADDRESS}/api/callbacks/wechat/",
        },
    },
    "alipay": {
        "class": env("ALIPAY_CLASS", "besttrav.providers.payments.alipay.adapter.Alipay"),
        "options": {
            "address": env("ALIPAY_ADDRESS", env("SIMULATOR_ALIPAY") or "https://openapi.alipay.com"),
            "app": env("ALIPAY_APP", "2021000000000000"),
            "seller": env("ALIPAY_SELLER", "2088000000000000"),
            "key": env("ALIPAY_KEY", str(STATE / "keys" / "alipay_app.pem")),
            "platform_key": env("ALIPAY_PLATFORM_KEY", str(STATE / "simulators" / "alipay" / "platform_public.pem")),
            "notify_url": f"{PUBLIC_ADDRESS}/api/callbacks/alipay/",
        },
    },
    **{f"invoicing:{code}": _invoicing(code) for code in INVOICING},
    "signer": {
        "class": env("SIGNER_CLASS", "besttrav.providers.keys.local.LocalSigner"),
        "options": {"path": env("SIGNER", str(STATE / "keys" / "journal.json"))},
    },
}

# Signing in. Passwords of staff are kept as scrypt hashes: guessing them costs memory besides time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
# The key of one-time codes is one of its own where CODE_KEY is set; the domain ends the text of a code (`@domain #code`).
CODE_KEY = env("CODE_KEY", SECRET_KEY)
# Roles are bound under a key of their own where GRANT_KEY is set: before the first role is given. Another key voids them all.
GRANT_KEY = env("GRANT_KEY", SECRET_KEY)
# Applications and orders are bound to whose they are, for as long as the contract is kept. Another key shuts everybody out of theirs.
ORDER_KEY = env("ORDER_KEY", SECRET_KEY)
CODE_DOMAIN = env("CODE_DOMAIN", ALLOWED_HOSTS[0] if ALLOWED_HOSTS else "localhost")
# What one-time codes may cost: so many an hour and a day for the whole site, some three times your busiest ones. At 0.05 yuan a text, a day
# of attack costs 500 at most. A fifth of both is kept for people who are signed in and browsers that signed in before.
CODES_AN_HOUR = int(env("CODES_AN_HOUR", "2000"))
CODES_A_DAY = int(env("CODES_A_DAY", "10000"))
# Numbers of this national prefix count as mobiles too. Only for demonstrations: 12x was never assigned. Empty in production.
INVENTED_PHONES = env("INVENTED_PHONES")
# The header in which a trusted proxy names the caller's address; empty takes the connection's own.
ADDRESS_HEADER = env("ADDRESS_HEADER")
# A demonstration shows the current one-time codes of its invented staff on their sign-in page.
DEMO = env_flag("DEMO")
# host:port pairs that may be called without TLS and inside our own network: the simulators, and nothing in production. See kernel/http.py.
_SIMULATORS = ",".join(urlsplit(env(f"SIMULATOR_{name}")).netloc for name in ("SMS", "WECHAT", "ALIPAY", "HEYAN", "YUNHANG", "INVOICES"))
OUTGOING_ALLOWED = [pair for pair in env("OUTGOING_ALLOWED", _SIMULATORS).split(",") if pair]

# Where the certificates lie that may have signed an insurer's e-policies; {insurer} stands for its code. The simulated insurers write
# theirs here. Each insurer's own certificate or authority, never a public authority's: see docs/operating.md.
INSURER_CERTIFICATES = env("INSURER_CERTIFICATES", str(STATE / "simulators" / "*" / "papers" / "{insurer}" / "root.pem"))

# One more folder of fonts for papers, for names with characters that neither the Noto fonts nor our small font of rare ones has.
FONTS = env("FONTS")

# The cipher suite of this deployment: "aes" (AES-256-GCM, SHA-256) or "sm" (SM4-GCM, SM3). See docs/adr/0004.
SUITE = env("SUITE", "aes")

# A key epoch lasts EPOCH_DAYS; copies of a keyring are destroyed within KEYRING_COPY_DAYS. Together they say from when erased data is
# unreadable in every copy. The erasure ledger must lie on another disk than the databases in production.
EPOCH_DAYS = int(env("EPOCH_DAYS", "7"))
KEYRING_COPY_DAYS = int(env("KEYRING_COPY_DAYS", "7"))
ERASURE_LEDGER = env("ERASURE_LEDGER", str(STATE / "ledger" / "erasures.jsonl"))

# Where `make backup` and the nightly backup write, on another disk than the databases in production. Never where keyrings are kept.
BACKUPS = env("BACKUPS", str(STATE / "backups"))

# Where the journal's heads are written, so that a cut tail shows: on another machine in production, or on a medium that only takes
# additions.
JOURNAL_HEADS = env("JOURNAL_HEADS", str(STATE / "heads" / "journal.jsonl"))

# The worker learns the periodic jobs from the one file that lists them.
PROCRASTINATE_IMPORT_PATHS = ["besttrav.schedule"]

# One line a happening, to the standard error stream. Every line passes the scrubber, which is generated from the declared kinds.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"scrub": {"()": "besttrav.privacy.scrubbing.Scrubber"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["scrub"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": ["console"], "level": env("LOG_LEVEL", "INFO"), "propagate": False},
        # At DEBUG it writes down what a page was given, and with it what a person was shown about themselves.
        "django.template": {"level": "INFO"},
        "procrastinate": {"level": "WARNING"},
        # They tell by a traceback what their answer says as well, and quote the file.
        "pyhanko": {"level": "CRITICAL"},
        "pyhanko_certvalidator": {"level": "CRITICAL"},
    },
}

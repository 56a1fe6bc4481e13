"""Who may import whom. The table is the architecture; this test keeps it true."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("crawlers", "spiders", "pipelines", "middlewares", "tests", "benchmarks")
PURE = {"crawlers.errors", "crawlers.items", "crawlers.clean", "pydantic", "chess"}
PAGES = {"crawlers.page", "crawlers.html", "crawlers.markup", "crawlers.errors", "crawlers.items",
         "crawlers.boards", "crawlers.clean", "pydantic", "pydantic_core", "chess"}  # fmt: skip

MAY_IMPORT: dict[str, set[str]] = {
    "crawlers/errors.py": set(),
    "crawlers/items/**/*.py": PURE,
    "crawlers/clean.py": PURE,
    "crawlers/arguments.py": {"pydantic"},
    "crawlers/callbacks.py": {"scrapy", "crawlers.page"},
    "crawlers/page.py": {"crawlers.items", "crawlers.errors", "pydantic"},
    "crawlers/html.py": {"crawlers.page", "crawlers.errors", "selectolax"},
    "crawlers/markup.py": set(),
    "crawlers/harvest.py": {"crawlers.items", "crawlers.errors", "itemadapter"},
    "crawlers/product_names.py": {"crawlers.items"},
    "crawlers/boards.py": {"chess"},
    "crawlers/evaluations.py": set(),
    "crawlers/extras.py": {"crawlers.errors"},
    "crawlers/packages.py": set(),
    "crawlers/analysis/[fj]o*.py": {"crawlers.evaluations"},
    "crawlers/analysis/*.py": {
        "chess",
        "pydantic",
        "crawlers.analysis",
        "crawlers.arguments",
        "crawlers.boards",
        "crawlers.config",
        "crawlers.errors",
        "crawlers.evaluations",
        "crawlers.packages",
        "crawlers.storage",
    },
    "crawlers/gender/*.py": {
        "crawlers.config",
        "crawlers.errors",
        "crawlers.gender",
        "unidecode",
    },
    "crawlers/headers.py": {"scrapy", "crawlers.limits"},
    "crawlers/limits.py": set(),
    "crawlers/backoff.py": set(),
    "crawlers/breaker.py": {"crawlers.backoff"},
    "crawlers/clocks.py": set(),
    "crawlers/delays.py": {"scrapy", "crawlers.engine"},
    "crawlers/engine.py": {"scrapy", "crawlers.errors"},
    "crawlers/permits.py": {"scrapy", "crawlers.errors"},
    "crawlers/stopping.py": {"scrapy"},
    "crawlers/units.py": set(),
    "crawlers/verdict.py": set(),
    "crawlers/wire.py": {"scrapy", "pydantic", "crawlers.errors"},
    "crawlers/frontier/*.py": {
        "scrapy",
        "scrapy_redis",
        "redis",
        "msgpack",
        "twisted",
        "crawlers.clocks",
        "crawlers.config",
        "crawlers.delays",
        "crawlers.engine",
        "crawlers.errors",
        "crawlers.fingerprint",
        "crawlers.frontier",
        "crawlers.harvest",
        "crawlers.limits",
        "crawlers.permits",
        "crawlers.scheduler",
        "crawlers.stopping",
        "crawlers.units",
        "crawlers.verdict",
        "crawlers.wire",
    },
    "crawlers/alerts/*.py": {
        "apprise",
        "cryptography",
        "pydantic",
        "pydantic_core",
        "scrapy",
        "crawlers.addresses",
        "crawlers.alerts",
        "crawlers.clean",
        "crawlers.config",
        "crawlers.errors",
        "crawlers.items",
        "crawlers.storage",
    },
    "crawlers/alerts/times.py": set(),
    "crawlers/alerts/saying.py": {"crawlers.clean"},
    "crawlers/alerts/wanted.py": {"crawlers.items", "pydantic", "pydantic_core"},
    "crawlers/alerts/way.py": {"crawlers.addresses", "crawlers.errors"},
    "crawlers/api/**/*.py": {
        "cashews",
        "fastapi",
        "jwt",
        "limits",
        "prometheus_client",
        "psycopg",
        "pydantic",
        "pydantic_core",
        "redis",
        "scrapy",
        "sse_starlette",
        "starlette",
        "uvicorn",
        "crawlers.addresses",
        "crawlers.analysis",
        "crawlers.alerts",
        "crawlers.api",
        "crawlers.config",
        "crawlers.errors",
        "crawlers.extras",
        "crawlers.frontier",
        "crawlers.passwords",
        "crawlers.roles",
        "crawlers.items",
        "crawlers.jobs",
        "crawlers.scrapyd_urls",
        "crawlers.spider",
        "crawlers.storage",
    },
    "crawlers/web/scales.py": set(),
    "crawlers/web/plots.py": {"crawlers.web.scales"},
    "crawlers/web/*.py": {
        "fastapi",
        "jinja2",
        "markupsafe",
        "pydantic",
        "pydantic_core",
        "redis",
        "scrapy",
        "starlette",
        "crawlers.alerts",
        "crawlers.api",
        "crawlers.clean",
        "crawlers.config",
        "crawlers.errors",
        "crawlers.frontier",
        "crawlers.items",
        "crawlers.jobs",
        "crawlers.product_names",
        "crawlers.spider",
        "crawlers.storage",
        "crawlers.web",
    },
    "crawlers/logs.py": {"scrapy", "pydantic_core", "crawlers.config"},
    "crawlers/sentry.py": {"sentry_sdk", "crawlers.config", "crawlers.extras", "crawlers.logs"},
    "crawlers/extensions/metrics.py": {
        "psycopg",
        "scrapy",
        "crawlers.errors",
        "crawlers.spider",
        "crawlers.storage",
    },
    "crawlers/jobs/daily.py": {"crawlers.storage"},
    "crawlers/identities.py": {"crawlers.errors", "browserforge"},
    "crawlers/proxies.py": {"crawlers.errors", "crawlers.proxy_urls"},
    "crawlers/proxy_answers.py": {"crawlers.errors", "crawlers.proxy_urls"},
    "crawlers/proxy_urls.py": set(),
    "crawlers/scrapyd_urls.py": set(),
    "crawlers/address_secrets.py": set(),
    "crawlers/jobs/nodes.py": set(),
    "crawlers/jobs/processes.py": {"crawlers.errors", "crawlers.jobs"},
    "crawlers/jobs/scrapyd*.py": {
        "httpx",
        "crawlers.errors",
        "crawlers.jobs",
        "crawlers.scrapyd_urls",
        "crawlers.verdict",
    },
    "crawlers/jobs/working.py": {
        "crawlers.config",
        "crawlers.errors",
        "crawlers.extras",
        "crawlers.jobs",
        "crawlers.storage",
        "crawlers.verdict",
    },
    "crawlers/jobs/dispatch*.py": {
        "scrapy",
        "crawlers.errors",
        "crawlers.jobs",
        "crawlers.storage",
        "crawlers.verdict",
    },
    "crawlers/sessions.py": {
        "scrapy",
        "crawlers.config",
        "crawlers.errors",
        "crawlers.identities",
        "crawlers.limits",
        "crawlers.proxies",
    },
    "crawlers/config*.py": {
        "crawlers.address_secrets",
        "crawlers.config_service",
        "crawlers.errors",
        "crawlers.proxy_urls",
        "crawlers.roles",
        "crawlers.scrapyd_urls",
        "pydantic",
        "pydantic_settings",
    },
    "crawlers/jobs/plan.py": {"crawlers.errors", "crawlers.schedules", "cronsim"},
    "crawlers/jobs/scheduling.py": {
        "crawlers.arguments",
        "crawlers.errors",
        "crawlers.jobs",
        "crawlers.schedules",
        "crawlers.storage",
    },
    "crawlers/passwords.py": {"argon2", "crawlers.errors"},
    "crawlers/roles.py": set(),
    "crawlers/schedules.py": set(),
    "crawlers/settings.py": set(),
    "crawlers/card.py": {"crawlers.errors", "crawlers.items", "pydantic"},
    "crawlers/memory.py": {"crawlers.items", "crawlers.storage"},
    "crawlers/storage/**/*.py": {
        "crawlers.storage",
        "crawlers.clocks",
        "crawlers.items",
        "crawlers.harvest",
        "crawlers.errors",
        "crawlers.config",
        "crawlers.evaluations",
        "crawlers.limits",
        "crawlers.roles",
        "crawlers.schedules",
        "crawlers.units",
        "psycopg",
        "psycopg_pool",
        "pydantic",
        "sqlalchemy",
        "alembic",
        "obstore",
        "boto3",
        "botocore",
        "zstandard",
        "pydantic_core",
    },
    "crawlers/captures.py": {"crawlers.errors", "crawlers.saved_files", "pydantic_core"},
    "crawlers/saved_files.py": {"pydantic"},
    "crawlers/scheduler.py": {
        "scrapy",
        "twisted",
        "crawlers.engine",
        "crawlers.harvest",
        "crawlers.unit_counts",
        "crawlers.units",
    },
    "crawlers/unit_counts.py": {"scrapy", "crawlers.units"},
    "crawlers/jobs/*.py": {"scrapy", "pydantic", "psycopg", "httpx", "cronsim", "crawlers"},
    "crawlers/fingerprint.py": {"scrapy"},
    "crawlers/browser/recipe.py": set(),
    "crawlers/browser/heads.py": set(),
    "crawlers/browser/contexts.py": {"crawlers.browser"},
    "crawlers/browser/visit.py": {"playwright", "scrapy", "crawlers.browser", "crawlers.errors"},
    "crawlers/browser/*.py": {
        "scrapy",
        "scrapy_playwright",
        "playwright",
        "crawlers.addresses",
        "crawlers.browser",
        "crawlers.config",
        "crawlers.errors",
        "crawlers.identities",
        "crawlers.limits",
        "crawlers.packages",
        "crawlers.proxies",
        "crawlers.proxy_answers",
        "crawlers.sessions",
        "crawlers.spider",
        "crawlers.stopping",
    },
    "crawlers/download*.py": {
        "crawlers.engine",
        "crawlers.download_limits",
        "crawlers.permits",
        "crawlers.headers",
        "scrapy",
        "aiohttp",
        "crawlers.browser",
        "crawlers.errors",
        "crawlers.config",
        "crawlers.limits",
        "crawlers.delays",
        "crawlers.addresses",
        "crawlers.plain",
        "crawlers.proxies",
        "crawlers.proxy_answers",
        "crawlers.sessions",
        "crawlers.storage",
        "yarl",
    },
    "spiders/*/spider.py": {"scrapy", "crawlers", "spiders"},
    "spiders/*/steps/*.py": {"scrapy", "pydantic_core", "crawlers", "spiders"},
    "spiders/*/[!s]*.py": PAGES | {"spiders", "crawlers.spider", "crawlers.saved_files"},
    "middlewares/*.py": {"scrapy", "crawlers", "middlewares"},
    "pipelines/*.py": {"scrapy", "crawlers", "pipelines"},
}
NEVER: dict[str, set[str]] = {
    "crawlers/**/*.py": {"spiders", "middlewares", "pipelines", "tests", "benchmarks"},
    "spiders/**/*.py": {"crawlers.storage", "middlewares", "pipelines", "tests"},
    "spiders/*/spider.py": {"lxml", "parsel", "selectolax"},
    "middlewares/*.py": {"spiders", "pipelines"},
    "pipelines/*.py": {"spiders", "middlewares", "psycopg"},
}


def imported(path: Path) -> set[str]:
    """Return every module that *path* imports, whether at its top or inside a function."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {
        f"{node.module}.{alias.name}" if node.module in OURS else node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def below(name: str, allowed: set[str]) -> bool:
    """Tell whether module *name* is one of *allowed*, or inside of one."""
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


def test_imports_follow_the_table() -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for pattern, allowed in MAY_IMPORT.items()
        for path in ROOT.glob(pattern)
        for name in imported(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not below(name, allowed)
    ]
    assert broken == []


def test_nobody_imports_what_he_must_not() -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for pattern, refused in NEVER.items()
        for path in ROOT.glob(pattern)
        for name in imported(path)
        if below(name, refused)
    ]
    assert broken == []


def test_a_source_imports_no_other_source() -> None:
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in ROOT.glob("spiders/*/*.py")
        for name in imported(path)
        if name.startswith("spiders.") and not below(name, {f"spiders.{path.parent.name}"})
    ]
    assert broken == []


def test_only_the_configuration_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for package in ("crawlers", "spiders", "middlewares", "pipelines")
        for path in (ROOT / package).rglob("*.py")
        if "os.environ" in path.read_text(encoding="utf-8")
    ]
    # psql is started with the database's address in its own environment.
    assert set(readers) <= {"crawlers/commands/psql.py", "crawlers/config.py"}


def test_every_row_of_the_table_names_a_file() -> None:
    gone = [pattern for pattern in MAY_IMPORT | NEVER if not list(ROOT.glob(pattern))]
    assert gone == []

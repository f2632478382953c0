"""A real browser for tests of pages."""

import shutil
from typing import Iterator

import pytest

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


def open_browser() -> Iterator:
    """Chromium without a window, driven by playwright; skips where one of them is missing."""
    sync_api = pytest.importorskip(
        "playwright.sync_api",
        reason="no playwright to drive a browser: install the extra 'test'",
    )
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        pytest.skip(f"no browser, neither of {', '.join(CHROMIUMS)}: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        # Chromium's sandbox does not start for root, who runs the tests in containers
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()

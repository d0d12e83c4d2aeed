"""What tests in several files share: a throw-away environment to install packages into."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv

import pytest

SCRIPTS = ("pip", "pytest", "reidbench")


class Layer:
    """An environment of its own that also sees the packages of this one. Pip works offline in it
    and builds with the setuptools that are here."""

    def __init__(self, place):
        venv.create(place, with_pip=False, symlinks=True)
        self.python = place / "bin" / "python"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        self.site = place / "lib" / version / "site-packages"
        # A site directory, not a mere path: an editable reidbench lives in a .pth file there.
        line = f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n"
        (self.site / "layer.pth").write_text(line)
        for name in SCRIPTS:
            script = place / "bin" / name
            script.write_text(f'#!/bin/sh\nexec "{self.python}" -m {name} "$@"\n')
            script.chmod(0o755)
        self.env = os.environ | {
            "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PIP_NO_INDEX": "1",
            # Pip reads this as a value, not as a question: 0 is --no-build-isolation.
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "OMP_NUM_THREADS": "1",
        }

    def call(self, *words, cwd, **more):
        """Run a command in the environment; returns what it printed."""
        words = [str(word) for word in words]
        done = subprocess.run(
            words, capture_output=True, text=True, cwd=cwd, env=self.env, timeout=600, **more
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def layer(tmp_path_factory):
    """A `Layer` for the tests of one file."""
    return Layer(tmp_path_factory.mktemp("layer") / "venv")


REGISTERS = """
from reidbench_registry import hookimpl

@hookimpl
def reidbench_register(catalog):
    catalog.add("loss", "{name}", "{package}:Loss")
{more}

class Loss:
    pass
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a plugin package with an entry point on sys.path, as an installer would."""
    monkeypatch.syspath_prepend(tmp_path)

    def add(package, name="Mine", more="", source=None):
        text = source or REGISTERS.format(name=name, package=package, more=more)
        (tmp_path / f"{package}.py").write_text(text)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[reidbench.plugins]\n{package} = {package}\n")
        monkeypatch.delitem(sys.modules, package, raising=False)

    return add


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium, driven by Playwright. Skips where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        pytest.skip("no chromium here (Debian: apt-get install chromium)")
    driver = pytest.importorskip("playwright.sync_api")
    with driver.sync_playwright() as one:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = one.chromium.launch(executable_path=chromium, args=root)
        yield browser
        browser.close()


@pytest.fixture
def until():
    """Waits until an expression is true in a page. Playwright's own way asks for `eval`, which our
    pages forbid."""

    def until(shown, expression):
        for _ in range(200):
            if shown.evaluate(expression):
                return
            shown.wait_for_timeout(50)
        raise AssertionError(f"never true: {expression}")

    return until


@pytest.fixture
def tab(browser):
    """Opens an address. No console message, error, alert or request may come, but for the page
    itself and what begins with one of `beside`."""
    contexts, seen = [], []

    def tab(address, fragment="", beside=(), **settings):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        shown = context.new_page()
        contexts.append(context)
        shown.on("console", lambda message: seen.append(message.text))
        shown.on("pageerror", lambda error: seen.append(str(error)))
        shown.on("dialog", lambda dialog: seen.append(dialog.message))
        own = ("data:", address, *beside)
        shown.on("request", lambda r: None if r.url.startswith(own) else seen.append(r.url))
        shown.goto(address + fragment)
        return shown

    yield tab
    for context in contexts:
        context.close()
    assert not seen

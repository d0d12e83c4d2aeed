"""What pyproject.toml cannot say: a wheel holds a copy of `configs/` as `reidbench/configs`.

The folder stays at the top level of the repository, the one source; an editable install and a
checkout read it there (`reidbench/config/shipped.py`).
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildPy(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            copy = Path(self.build_lib) / "reidbench" / "configs"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree("configs", copy, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildPy})

"""The conformance kit: what every entry of a kind must do, as checks that anyone can run.

    reidbench plugins check my_plugin

or, in the tests of a plugin package, one test per entry and check:

    import pytest
    from reidbench_registry.testing import cases

    @pytest.mark.parametrize("case", cases("my_plugin"), ids=str)
    def test_conformance(case, tmp_path):
        case.run(tmp_path)

Entries are built from their defaults. One that has required arguments, or whose defaults are large,
has a class method `conformance(folder) -> dict` that returns small ones and may write the files
that they name into `folder` (`draw` writes a picture). What an entry may promise beyond its
contract stands in `CLAIMS`.
"""

from .cases import Case, Outcome, cases, cases_of
from .checks import CLAIMS
from .pictures import draw

__all__ = ["CLAIMS", "Case", "Outcome", "cases", "cases_of", "draw"]

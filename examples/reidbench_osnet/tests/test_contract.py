"""Student and loss do what their kinds ask for: the checks that reidbench's own entries pass."""

import pytest
from reidbench_registry.testing import cases


@pytest.mark.parametrize("case", cases("reidbench_osnet"), ids=str)
def test_contract(case, tmp_path):
    case.run(tmp_path)

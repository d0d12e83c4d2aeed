"""Student and loss keep the contracts of their kinds: the checks of reidbench's own entries."""

import pytest
from reidbench_registry.testing import cases


@pytest.mark.parametrize("case", cases("reidbench_osnet"), ids=str)
def test_contract(case, tmp_path):
    case.run(tmp_path)

"""Every shipped entry passes every check of its kind: a new entry is tested by being registered."""

import pytest

from reidbench.pluginhost import PluginHost
from reidbench_registry.testing import cases_of

SHIPPED = [e for e in PluginHost().catalog.entries() if e.owner.distribution == "reidbench"]


@pytest.mark.parametrize("case", cases_of(SHIPPED), ids=str)
def test_conformance(case, tmp_path):
    case.run(tmp_path)

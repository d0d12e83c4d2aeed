"""Files of others that the pages carry."""

import hashlib
import re
from importlib.resources import files


def test_the_vendored_library_is_the_one_that_is_named():
    vendor = files("reidbench.web") / "vendor"
    (line,) = [x for x in (vendor / "README.md").read_text().splitlines() if ".min.js` |" in x]
    library = (vendor / "chart.umd.min.js").read_bytes()
    assert hashlib.sha256(library).hexdigest() in line
    (version,) = re.findall(r"\| (\d+\.\d+\.\d+) \|", line)
    assert f"Chart.js v{version}".encode() in library[:200]
    assert "MIT" in (vendor / "chart.LICENSE.md").read_text()

"""`python -m reidbench`"""

import sys

from .cli.main import main

sys.exit(main())

"""`python -m reidbench`"""

from .cli.main import script

script()

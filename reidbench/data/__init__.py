"""Checks of data sets against what was published, and derived pictures.

Nothing here knows a particular data set: all of it uses the contract only. Nothing here prints."""

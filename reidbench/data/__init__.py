"""Looking after data: is what lies on the disk what was published, and what can be made from it.

Nothing here knows a data set; all goes through the contract. Nothing here prints."""

"""Many runs from one declaration: planned, run in parallel, resumed, and put into one table."""

"""What people see: lines, progress and tables, fit for a terminal or a pipe."""

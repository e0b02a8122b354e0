"""The lesson runner: find lessons, execute them, write headers, outputs, table and report."""

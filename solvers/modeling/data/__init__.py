"""Data from files: tables in CSV, XLSX and JSON, formulations in YAML and JSON, and the two brought together."""

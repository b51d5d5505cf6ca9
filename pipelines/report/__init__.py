"""The report of a run: one page that opens offline. Facts by DuckDB, a section a function, one renderer."""

"""What a finished run answers: its tables as DuckDB views, what happened to a page, one number for its rows."""

"""`crawlsieve judge`: a finished run under other rules, from what it has measured; nothing is read again."""

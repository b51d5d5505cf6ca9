"""Two finished runs side by side: what is kept by one only, why the other dropped it, and what both keep otherwise."""

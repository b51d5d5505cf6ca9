"""The history index: made, published into, merged, told about, and pinned by runs."""

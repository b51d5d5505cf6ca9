"""The weighted dataset: whole documents, as often as their domain's share asks."""

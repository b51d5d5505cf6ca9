"""The cards of a run: README.md for people and the Hugging Face Hub, croissant.json for tools."""

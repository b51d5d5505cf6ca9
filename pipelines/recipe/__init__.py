"""Recipes: read, checked as a whole before anything else happens, and described for editors and readers."""

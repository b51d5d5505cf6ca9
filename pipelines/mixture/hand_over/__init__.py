"""Weights and documents as trainers read them."""

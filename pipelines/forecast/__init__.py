"""What a run of a recipe would give and cost, from a sample of its inputs."""

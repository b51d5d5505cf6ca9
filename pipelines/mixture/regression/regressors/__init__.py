"""Ways to fit the loss of a run to the weights of its domains."""

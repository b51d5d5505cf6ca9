"""From a fit to weights: the best mixture, how sure it is, and what repetition allows."""

"""The passes that weight domains: measure, find the cuts, stage copies, write them in shuffled order."""

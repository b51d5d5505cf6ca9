"""The whole job: recipes, passes, engines and the command line."""

"""The doors: what telephone systems and recognisers speak, to the one live call that judges."""

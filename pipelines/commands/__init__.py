"""What the commands of `regiokompas` do, and what they show in a terminal."""

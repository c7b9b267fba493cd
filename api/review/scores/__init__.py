"""What it comes to: scorecards, charges, and the frozen sheet that counts."""

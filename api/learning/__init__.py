"""What a site's own calls and verdicts teach the judge, and what the judge finds in them."""

"""What happened, told to a site's own systems: signed webhooks and chat robots."""

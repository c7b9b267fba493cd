"""Who may judge: people, their passwords, attempts to log in and sessions."""

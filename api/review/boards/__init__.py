"""What it adds up to: by agent, phrase and step, each share with its interval."""

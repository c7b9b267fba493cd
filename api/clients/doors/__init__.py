"""A test call through each door, as the system that it is for would make it."""

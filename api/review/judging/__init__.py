"""What people say of a call, from a draft to an answered appeal."""

"""The sound under a call's page: what a browser plays, and its curve."""

"""The rules of record: versions in the store, drafts, trials on past calls, files in and out."""

"""One call's hits: found while people still speak, confirmed or visibly taken back."""

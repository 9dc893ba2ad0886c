"""What the night did: runs, steps, checks and sources, kept across nights and published as operations marts."""

"""What other tools read the marts with: measures once, written for each tool in its own words."""

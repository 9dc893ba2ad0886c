"""Which records are one customer: the weights of a pair, and clusters that honour decisions."""

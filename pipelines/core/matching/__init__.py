"""Which records are one customer: the model that weighs a pair, and clusters that honour decisions."""

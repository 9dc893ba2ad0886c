"""Who is told what, when and once: pure functions of findings, rules, days and what was told."""

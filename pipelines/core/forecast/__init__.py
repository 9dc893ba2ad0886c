"""Will we make it: what open deals and business not yet created still bring before a period ends.

Method, sources and known drawbacks: docs/methods/forecast.md.
"""

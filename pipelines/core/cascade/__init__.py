"""The cascade: from targets given anywhere in organisation × time to atoms that sum exactly.

`run_cascade` spreads one metric's targets: time first (`time_first`), then up and down the tree
(`tree_shares`), then over days (`spans`), once more from each dated revision on.
"""

from pipelines.core.cascade.engine import CascadeResult, run_cascade
from pipelines.core.cascade.grid import Grid, build_grid
from pipelines.core.cascade.rules import Shares, Unit
from pipelines.core.cascade.tree import Tree, build_tree

__all__ = [
    "CascadeResult",
    "Grid",
    "Shares",
    "Tree",
    "Unit",
    "build_grid",
    "build_tree",
    "run_cascade",
]

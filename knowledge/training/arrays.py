"""Arrays of training, by what they hold."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


Numbers = NDArray[np.float64]


Places = NDArray[np.intp]

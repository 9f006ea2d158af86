"""One folder a lecture: the pictures its widgets move, given the notebook's own functions."""

"""How relations between figures are written, and to which figures of a form they apply."""

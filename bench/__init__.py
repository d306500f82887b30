"""How fast and how big the engine is: `python -m bench`."""

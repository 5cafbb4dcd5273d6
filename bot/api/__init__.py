"""The HTTP face: three-line routes over the desk. Paths and shapes are public; see the README."""

"""From bytes to one image: the reading primitive, the headers, the dynamic section."""

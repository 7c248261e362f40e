"""What is true of one image from its own bytes: frozen answers with evidence, no opinions, no arrays."""

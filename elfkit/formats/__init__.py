"""How ELF records lie in bytes: declared once in construct, everything that reads is derived from that."""

"""The use cases: what a command, the web or a trainer asks for, wired from the parts below."""

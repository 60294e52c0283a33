"""What runs in the sandbox: plain Python of the standard library, sent there as source."""

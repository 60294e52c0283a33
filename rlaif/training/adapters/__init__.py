"""Other trainers' calls, in their forms: each takes a `ports.Rewarding`, and none is imported."""

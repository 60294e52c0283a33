"""TRL's own trainers by a stated configuration. Only `job` can be imported without TRL."""

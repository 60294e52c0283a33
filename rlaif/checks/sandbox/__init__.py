"""Where the policy's code runs: a fork server behind namespaces, Landlock, seccomp and limits."""

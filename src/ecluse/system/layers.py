"""What makes sure that nothing of a step is left, by name: the supervisor explains them."""

NAMESPACE = "namespace"
CGROUP = "cgroup"
SESSIONS = "sessions"

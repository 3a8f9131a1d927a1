"""The eight verbs, in order: plan, code, build, test, release, deploy, operate, monitor; and `ship`, the whole way."""

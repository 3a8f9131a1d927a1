"""What an environment asks before a release may come to it. One file a policy, pure: facts in, a Verdict out."""

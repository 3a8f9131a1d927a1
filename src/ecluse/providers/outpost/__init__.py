"""A program that is run where a balancer is: on this machine, or over SSH."""

"""For those who test with or extend Écluse: contract suites, fakes behind the ports, a pytest plugin."""

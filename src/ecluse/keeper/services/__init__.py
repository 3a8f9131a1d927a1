"""Services that the app needs on its own machine: a database, a cache, a broker, each started for one environment."""

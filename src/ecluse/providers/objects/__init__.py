"""Object stores (S3 and its kind), through obstore. The extra `store` brings it."""

"""Services outside of an environment: those of steps and of the try of `init`, thrown away afterwards."""

"""The one file: where it is, what may stand in it, what is wrong with it, and the App that it declares."""

from support.shops import serving, shop  # noqa: F401

"""Why a question over HTTP came to nothing, in words that hold no secret."""

from __future__ import annotations


def failures() -> tuple[type[Exception], ...]:
    """What httpx raises: its own errors, and what this machine's proxies and certificates lead to."""
    import httpx  # noqa: PLC0415  200 ms that other commands save

    return (httpx.HTTPError, httpx.InvalidURL, ImportError, OSError, ValueError)


def why(error: Exception) -> str:
    """A library's own words may quote the header that it can't send."""
    import httpx  # noqa: PLC0415  as above

    if isinstance(error, httpx.LocalProtocolError | UnicodeEncodeError):
        return "the token can't be sent, it has letters that no token has"
    if isinstance(error, httpx.HTTPError):
        return str(error) or type(error).__name__
    return f"HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE can't be used here ({type(error).__name__})"

"""A configuration for HAProxy: everything that it needs in front of one environment."""

from __future__ import annotations

from ecluse.model.app import Health
from ecluse.model.balanced import Balanced, server_name

TEMPLATE = """\
# {app}, {environment}: made by `ecluse balancer render {environment}`. Put it at /etc/haproxy/haproxy.cfg, check it
# with `haproxy -c -f FILE`, then `systemctl reload haproxy`. A deploy never changes it.

global
    user haproxy
    group haproxy
    # How `ecluse balancer drain` reaches it: whoever may open this may change where traffic goes.
    {socket}

defaults
    mode http
    timeout connect 2s
    timeout client 60s
    timeout http-request 10s
    timeout http-keep-alive 30s
    timeout queue 10s
    # The longest silence of the app in the middle of an answer.
    timeout server 60s
    # A host that refuses a connection was asked nothing yet: another one is asked instead.
    retries 3
    option redispatch 1
    # A new connection to the app for each request, so that none is sent on one that the app is just giving up.
    # `option http-keep-alive` is faster and may lose a request then.
    option http-server-close
    option forwardfor

frontend {backend}-front
    bind {listen}
    # With TLS: bind *:443 ssl crt /etc/haproxy/certs/{app}.pem alpn h2,http/1.1
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Proto http unless {{ ssl_fc }}
    default_backend {backend}

backend {backend}
    balance leastconn
{check}
{servers}"""
CHECK = """\
    # The question that a deploy asks, too.
    option httpchk
    http-check send meth GET uri {path} ver HTTP/1.1 hdr Host {host}
    http-check expect status {status}
    default-server check inter 2s fastinter 500ms fall 3 rise 2"""
UNCHECKED = """\
    # The app declares no health check: that a connection is taken is all that is asked.
    default-server check inter 2s fall 3 rise 2"""


def configuration(balanced: Balanced) -> str:
    return TEMPLATE.format(
        app=balanced.app,
        environment=balanced.environment,
        backend=balanced.backend,
        listen=balanced.settings.listen,
        socket=_socket(balanced.settings.socket),
        check=_check(balanced.health),
        servers=server_lines(balanced),
    )


def server_lines(balanced: Balanced) -> str:
    lines = (f"    server {server_name(host)} {address}\n" for host, address in balanced.addresses.items())
    return "".join(lines)


def _socket(where: str) -> str:
    """A Unix socket is for its group, in which the user of the deploys has to be; an address has no owner, so it had
    better be the machine's own."""
    if where.startswith("/"):
        return f"stats socket {where} mode 660 group haproxy level admin"
    return f"stats socket ipv4@{where} level admin" if where[0].isdigit() else f"stats socket {where} level admin"


def _check(health: Health | None) -> str:
    if health is None:
        return UNCHECKED
    status = ",".join(map(str, health.status))
    return CHECK.format(path=quoted(health.path), host=quoted(health.host), status=status)


def quoted(word: str) -> str:
    """As haproxy reads a word (its manual, section 2.2): strong quotes where it holds anything special."""
    plain = all(letter.isalnum() or letter in "/._-:?=&%+~,@" for letter in word)
    return word if plain else "'" + word.replace("'", "'\\''") + "'"

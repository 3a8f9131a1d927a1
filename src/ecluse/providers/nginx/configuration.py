"""A configuration for nginx: what it needs in front of one environment."""

from __future__ import annotations

from datetime import timedelta

from ecluse.model.balanced import Balanced, server_name
from ecluse.providers.nginx.servers import line_of

TEMPLATE = """\
# {app}, {environment}: made by `ecluse balancer render {environment}`. It belongs into the http block: put it at
# /etc/nginx/conf.d/{app}.conf. The file that it includes comes from `ecluse balancer render {environment} --servers`.
# Check both with `nginx -t`, then reload nginx. A deploy never changes this file.

upstream {backend} {{
    # One line for each host. `ecluse balancer drain HOST` writes `down` there and reloads nginx.
    include {file};
    least_conn;
    keepalive 32;
    # Shorter than the app keeps an idle connection ({keep_alive}), so that none is used that it is just giving up.
    keepalive_timeout {idle};
}}

server {{
    listen {listen};
    # With TLS: listen 443 ssl; ssl_certificate /etc/ssl/{app}.pem; ssl_certificate_key /etc/ssl/{app}.key;

    # A reload closes connections to clients on which nothing is under way, and a request that comes at that very moment
    # is lost to a client that doesn't try again. From nginx 1.27.4 on this waits for it:
    # keepalive_min_timeout 5s;
    # Before, only `keepalive_timeout 0` loses none.
    keepalive_timeout 65s;

    location / {{
        proxy_pass http://{backend};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_connect_timeout 2s;
        # A host that can't be connected to was asked nothing yet: another one is asked instead. Nothing is asked twice.
        proxy_next_upstream error timeout;
        proxy_next_upstream_tries 3;
    }}
}}
"""
SERVERS = """\
# The hosts of {app}, {environment}: made by `ecluse balancer render {environment} --servers`, for {file}
# `ecluse balancer drain HOST` adds `down` to a line, `undrain` removes it; weights and the like may be added by hand.
"""


def configuration(balanced: Balanced) -> str:
    return TEMPLATE.format(
        app=balanced.app,
        environment=balanced.environment,
        backend=balanced.backend,
        file=balanced.file,
        listen=balanced.settings.listen,
        keep_alive=_time(balanced.keep_alive),
        idle=_time(idle_time(balanced.keep_alive)),
    )


def server_lines(balanced: Balanced) -> str:
    head = SERVERS.format(app=balanced.app, environment=balanced.environment, file=balanced.file)
    return head + "".join(line_of(server_name(host), address) for host, address in balanced.addresses.items())


def idle_time(keep_alive: timedelta) -> timedelta:
    """A second shorter than the app's, or half of it."""
    return max(keep_alive - timedelta(seconds=1), keep_alive / 2)


def _time(duration: timedelta) -> str:
    milliseconds = round(duration.total_seconds() * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"

"""Addresses of services, in the forms that an app's code wants: known to the keeper and to controllers."""

from typing import Any, Dict, Iterable, List, Mapping
from urllib.parse import quote

FIELDS = ("host", "port", "user", "password", "name", "folder")
"""What a template may name in braces. `name` is a database's, a Redis number, or a virtual host of RabbitMQ."""

Address = Mapping[str, Any]


def fill(template: str, address: Address) -> str:
    """`{host}` and the other fields replaced; other braces stay. In a URL a value is quoted as RFC 3986 asks."""
    in_url = "://" in template
    for field in FIELDS:
        value = str(address.get(field, ""))
        template = template.replace("{%s}" % field, quote(value, safe="") if in_url else value)
    return template


def hands_over(template: str) -> bool:
    """Whether whoever gets it knows the password."""
    return "{password}" in template


def variables(services: Iterable[Mapping[str, Any]], addresses: Mapping[str, Address]) -> Dict[str, str]:
    """What the variables of all services hold; one whose service has no address is left out."""
    return {
        variable: fill(template, addresses[service["name"]])
        for service in services
        for variable, template in service["env"].items()
        if service["name"] in addresses
    }


def passwords(addresses: Mapping[str, Address]) -> List[str]:
    return [str(address["password"]) for address in addresses.values() if address.get("password")]

"""The kinds of services that can be run here, by name."""

from typing import Dict

from ecluse.keeper.services.kind import Kind
from ecluse.keeper.services.mysql import MYSQL
from ecluse.keeper.services.postgres import POSTGRES
from ecluse.keeper.services.rabbitmq import RABBITMQ
from ecluse.keeper.services.redis import REDIS

KINDS: Dict[str, Kind] = {kind.name: kind for kind in (POSTGRES, REDIS, RABBITMQ, MYSQL)}

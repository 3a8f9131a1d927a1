"""Where things lie below the folder of one environment."""

import os


def in_home(path: str) -> str:
    """A `~` is the user's own home: a deployer elsewhere can't know where that is."""
    return os.path.abspath(os.path.expanduser(path))


class Home:
    """The folder of one environment. `make` creates what a keeper needs; the rest is made by whoever owns it."""

    def __init__(self, path: str) -> None:
        self.path = in_home(path)
        self.socket = self.below("keeper.sock")
        self.holder_socket = self.below("holder.sock")
        self.lock = self.below("keeper.lock")
        self.identity = self.below("keeper.json")
        self.life = self.below("keeper.log")
        self.routes = self.below("routes.json")
        self.store = self.below("store")
        self.state = self.below("state")
        self.logs = self.below("logs")
        self.raw = self.below("logs", "raw")
        self.secrets = self.below("secrets")
        self.private = self.below("run", "home")
        self.services_record = self.below("services.json")

    def below(self, *parts: str) -> str:
        return os.path.join(self.path, *parts)

    def make(self) -> None:
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        for folder in (self.below("slots"), self.state, self.raw, self.private):
            os.makedirs(folder, exist_ok=True)

    def page(self, slot: str) -> str:
        return self.below("slots", slot + ".page")

    def slot(self, slot: str) -> str:
        return self.below("slots", slot + ".json")

    def service(self, name: str) -> str:
        return self.below("services", name)

    def release(self, release: str) -> str:
        return self.below("releases", release)

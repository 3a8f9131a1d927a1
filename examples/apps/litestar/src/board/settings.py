import os
from dataclasses import dataclass, field


@dataclass
class Settings:
    database: str = field(default_factory=lambda: os.getenv("DATABASE_URL", "sqlite+aiosqlite:///board.sqlite"))
    uploads: str = field(default_factory=lambda: os.getenv("UPLOAD_DIR", "uploads"))
    secret: str = field(default_factory=lambda: os.environ["BOARD_SECRET_KEY"])

import os
from pathlib import Path


class Config:
    SECRET_KEY = os.environ["SECRET_KEY"]
    SQLALCHEMY_DATABASE_URI = os.environ["DATABASE_URL"].replace("postgres://", "postgresql://")
    UPLOADS = Path(__file__).parent / "uploads"

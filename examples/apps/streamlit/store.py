import sqlite3
from pathlib import Path

DATA = Path(__file__).parent / "data"
DATA.mkdir(exist_ok=True)


def connect():
    db = sqlite3.connect(DATA / "notes.db")
    db.execute("CREATE TABLE IF NOT EXISTS note (text TEXT NOT NULL)")
    return db


def add(text, name, content):
    (DATA / name).write_bytes(content)
    with connect() as db:
        db.execute("INSERT INTO note VALUES (?)", (text,))


def notes():
    return [row[0] for row in connect().execute("SELECT text FROM note")]

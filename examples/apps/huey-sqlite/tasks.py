from huey import SqliteHuey

from config import DATA
from models import Note

huey = SqliteHuey("words", filename=DATA / "queue.db")


@huey.task()
def count(note):
    row = Note.get_by_id(note)
    row.words = len(row.text.split())
    row.save()

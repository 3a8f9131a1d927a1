import peewee

from config import DATA

db = peewee.SqliteDatabase(DATA / "words.db", pragmas={"journal_mode": "wal"})


class Note(peewee.Model):
    text = peewee.CharField()
    words = peewee.IntegerField(null=True)

    class Meta:
        database = db


db.create_tables([Note])

import json

from bottle import Bottle, HTTPResponse, request, response, static_file

from config import UPLOADS
from models import Note
from tasks import count

app = Bottle()


@app.get("/notes")
def notes():
    response.content_type = "application/json"
    return json.dumps([[note.text, note.words] for note in Note.select()])


@app.post("/notes")
def add():
    request.files["file"].save(str(UPLOADS), overwrite=True)
    note = Note.create(text=request.forms["text"])
    count(note.id)
    return HTTPResponse(status=201)


@app.get("/files/<name>")
def uploaded(name):
    return static_file(name, root=str(UPLOADS))


if __name__ == "__main__":
    app.run(host="localhost", port=8080, debug=True)

from flask import Blueprint, current_app, jsonify, request, send_from_directory
from werkzeug.utils import secure_filename

from notebook import db
from notebook.models import Note

notes = Blueprint("notes", __name__)


@notes.get("/notes")
def listed():
    return jsonify([note.text for note in Note.query.order_by(Note.id)])


@notes.post("/notes")
def add():
    file = request.files["file"]
    file.save(current_app.config["UPLOADS"] / secure_filename(file.filename))
    db.session.add(Note(text=request.form["text"]))
    db.session.commit()
    return "", 201


@notes.get("/files/<name>")
def uploaded(name):
    return send_from_directory(current_app.config["UPLOADS"], name)

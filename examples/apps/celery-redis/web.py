import os

from flask import Flask, jsonify, request, send_from_directory
from flask_sqlalchemy import SQLAlchemy
from werkzeug.utils import secure_filename

from worker import count

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("DATABASE_URL", "sqlite:///prints.db")
app.config["UPLOAD_FOLDER"] = os.path.join(app.root_path, "uploads")
os.makedirs(app.config["UPLOAD_FOLDER"], exist_ok=True)
db = SQLAlchemy(app)


class Note(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    text = db.Column(db.String(200), nullable=False)


with app.app_context():
    db.create_all()


@app.get("/notes")
def notes():
    return jsonify([note.text for note in Note.query.all()])


@app.post("/notes")
def add():
    file = request.files["file"]
    path = os.path.join(app.config["UPLOAD_FOLDER"], secure_filename(file.filename))
    file.save(path)
    db.session.add(Note(text=request.form["text"]))
    db.session.commit()
    try:
        count.apply_async((path,), retry=False)
    except Exception:  # the broker may be away; the note is kept all the same
        app.logger.warning("no broker, not counted")
    return "", 201


@app.get("/files/<name>")
def uploaded(name):
    return send_from_directory(app.config["UPLOAD_FOLDER"], name)

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
migrate = Migrate()


def create_app():
    app = Flask(__name__)
    app.config.from_object("config.Config")
    db.init_app(app)
    migrate.init_app(app, db)
    app.config["UPLOADS"].mkdir(exist_ok=True)

    from notebook.views import notes

    app.register_blueprint(notes)
    return app

FLASK_APP=notebook.wsgi

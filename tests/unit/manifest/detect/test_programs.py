"""Programs that bring their own server are found by how their code starts it, and told their port as they take it."""

import pytest

from ecluse.manifest.detect import detect
from ecluse.manifest.detect.facts import Kind, every
from ecluse.manifest.detect.tree import Tree


def commands(files):
    return [fact.value for fact in every(detect(Tree.of(files)), Kind.COMMAND)]


def the_command(files):
    (found,) = every(detect(Tree.of(files)), Kind.COMMAND)
    return found


AIOHTTP = "from aiohttp import web\nimport argparse, os, sys\napp = web.Application()\n"


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("web.run_app(app, port=int(os.environ['PORT']))", "python main.py"),
        ("web.run_app(app, port=int(os.getenv('PORT', 8080)))", "python main.py"),
        ("web.run_app(app, port=int(os.environ.get('LISTEN') or 80))", "env LISTEN=$PORT python main.py"),
        ("web.run_app(app, port=int(sys.argv[1]) if len(sys.argv) > 1 else 8080)", "python main.py $PORT"),
        (("p = argparse.ArgumentParser()\np.add_argument('-p', '--port')\nargs = p.parse_args()\n"
         "web.run_app(app, port=args.port)"), "python main.py --port $PORT"),
        (("p = argparse.ArgumentParser()\np.add_argument('--http-port', dest='port')\no = p.parse_args()\n"
         "port = o.port\nweb.run_app(app, port=port)"), "python main.py --http-port $PORT"),
        (("p = argparse.ArgumentParser()\np.add_argument('port', type=int)\nargs = p.parse_args()\n"
         "web.run_app(app, port=args.port)"), "python main.py $PORT"),
    ],
)  # fmt: skip
def test_the_port_is_told_as_the_code_takes_it(code, command):
    body = "".join(f"    {line}\n" for line in code.split("\n"))
    fact = the_command({"main.py": f"{AIOHTTP}if __name__ == '__main__':\n{body}"})
    assert fact.value == command
    assert fact.place == f"main.py:{4 + code.count(chr(10)) + 1}"


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("def serve(port):\n    web.run_app(app, port=port)\ndef main():\n    serve(int(os.environ['WEB_PORT']))\n",
         "env WEB_PORT=$PORT python main.py"),
        (("class App:\n    def __init__(self, port=int(os.getenv('PORT', 1))):\n        self.port = port\n"
         "    def run(self):\n        web.run_app(app, port=self.port)\ndef main():\n    App().run()\n"),
         "python main.py"),
        ("PORT = os.environ.get('HTTP_PORT', 80)\ndef main():\n    web.run_app(app, port=PORT)\n",
         "env HTTP_PORT=$PORT python main.py"),
        (("def main():\n    p = argparse.ArgumentParser()\n    s = p.add_subparsers()\n    r = s.add_parser('serve')\n"
         "    r.add_argument('--port')\n    run(p.parse_args())\ndef run(args):\n"
          "    web.run_app(app, port=args.port)\n"),
         "python main.py serve --port $PORT"),
    ],
)  # fmt: skip
def test_the_port_is_followed_through_functions_and_objects(code, command):
    assert commands({"main.py": f"{AIOHTTP}{code}if __name__ == '__main__':\n    main()\n"}) == [command]


@pytest.mark.parametrize(
    ("conf", "port", "command"),
    [
        (
            "class Config:\n    PORT = int(os.environ.get('A_PORT', 1))\n",
            "conf.Config.PORT",
            "env A_PORT=$PORT python main.py",
        ),
        (
            "from decouple import config\nPORT = config('B_PORT', default=1, cast=int)\n",
            "conf.PORT",
            "env B_PORT=$PORT python main.py",
        ),
        (
            "from environs import Env\nenv = Env()\nclass C:\n    port = env.int('C_PORT', 1)\nc = C()\n",
            "conf.c.port",
            "env C_PORT=$PORT python main.py",
        ),
        (
            "from docopt import docopt\nargs = docopt('x')\nPORT = int(args['--port'])\n",
            "conf.PORT",
            "python main.py --port $PORT",
        ),
        ("import yaml\nloaded = yaml.safe_load('x')\n", "conf.loaded['port']", "a[1:2]>(0,)"),
        ("import yaml\nloaded = yaml.safe_load('x')\n", "conf.loaded.get('port') or 8080", "a[1:2]>(0,)"),
        ("def fire(port=5): ...\n", "int(os.environ.get('D_PORT') or 80)", "env D_PORT=$PORT python main.py"),
    ],
)
def test_the_port_is_followed_into_settings(conf, port, command):
    main = f"{AIOHTTP}import conf\ndef main():\n    web.run_app(app, port={port})\nif __name__ == '__main__': main()\n"
    (found,) = commands({"conf.py": f"import os\n{conf}", "main.py": main})
    assert command in found


@pytest.mark.parametrize("how", ["fire.Fire(main)", "typer.run(main)"])
def test_a_function_handed_to_a_command_line_has_options(how):
    code = f"{AIOHTTP}import fire, typer\ndef main(port: int = 80):\n    web.run_app(app, port=port)\n{how}\n"
    assert commands({"main.py": code.replace(how, f"if __name__ == '__main__':\n    {how}")}) == [
        "python main.py --port $PORT"
    ]


@pytest.mark.parametrize("call", ["web.run_app(app, **made(o))", "web.run_app(app, port=made(o)['port'])"])
def test_an_option_that_is_called_port_is_one_wherever_its_value_goes(call):
    code = f"{AIOHTTP}p = argparse.ArgumentParser()\np.add_argument('-p', '--port')\no = p.parse_args()\n"
    assert commands({"main.py": f"{code}if __name__ == '__main__':\n    {call}\n"}) == ["python main.py --port $PORT"]


def test_an_app_of_a_factory_is_run_by_what_it_is():
    files = {"shop/__init__.py": "from sanic import Sanic\ndef make(conf):\n    app = Sanic('x')\n    return app\n",
             "run.py": "import os\nfrom shop import make\napp = make(os)\n"
             "if __name__ == '__main__':\n    app.run('0', int(os.environ['P']))\n"}  # fmt: skip
    assert "env P=$PORT python run.py" in commands(files)


def test_the_port_of_a_settings_model_is_its_variable():
    settings = (
        "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    port: int = 8080\n"
        "    model_config = {'env_prefix': 'SHOP_'}\nsettings = Settings()\n"
    )
    main = f"{AIOHTTP}from shop.conf import settings\ndef main():\n    web.run_app(app, port=settings.port)\n"
    files = {"shop/__init__.py": "", "shop/conf.py": settings, "shop/__main__.py": f"{main}main()\n"}
    assert commands(files) == ["env SHOP_PORT=$PORT python -m shop"]


@pytest.mark.parametrize(
    ("code", "command"),
    [
        ("import click\n@click.command()\n@click.option('-p', '--port')\ndef main(port): run(port)\n",
         "shop --port $PORT"),
        (("import click\n@click.group()\ndef main(): ...\n@main.command('up')\n@click.option('--bind-port', 'port')\n"
         "def serve(port): run(port)\n"), "shop up --bind-port $PORT"),
        ("import typer\nmain = typer.Typer()\n@main.command()\ndef serve(host: str = 'x', port: int = 80): run(port)\n",
         "shop --port $PORT"),
        (("import typer\nmain = typer.Typer()\n@main.command()\ndef serve(port: int = 80): run(port)\n"
         "@main.command()\ndef seed(): ...\n"), "shop serve --port $PORT"),
    ],
)  # fmt: skip
def test_the_options_of_a_console_script_are_read_off_its_command(code, command):
    code = f"{code}from aiohttp import web\ndef run(port): web.run_app(make(), port=port)\n"
    files = {"pyproject.toml": '[project]\nname="shop"\n[project.scripts]\nshop = "shop.cli:main"\n',
             "shop/__init__.py": "", "shop/cli.py": code}  # fmt: skip
    assert commands(files) == [command]


def test_a_sub_command_of_celery_that_serves_is_a_program():
    code = (
        "from tornado.options import define, options\nfrom tornado.web import Application\ndefine('port', 5555)\n"
        "class Board(Application):\n    def __init__(self, options): self.options = options\n"
        "    def start(self): self.listen(self.options.port)\ndef board(): Board(options).start()\n"
    )
    setup = "setup(name='board', entry_points={'celery.commands': ['board = board:board']})"
    assert commands({"board.py": code, "setup.py": setup}) == ["celery board --port=$PORT"]


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("from aiohttp import web\napp = web.Application()\n", "web.run_app(app,"),
        ("from aiohttp import web\nasync def make_app():\n    return web.Application()\n", "web.run_app(make_app(),"),
        ("from aiohttp import web\nasync def init() -> web.Application: ...\n", "web.run_app(init(),"),
        ("import tornado.web\ndef make_app():\n    app = tornado.web.Application([])\n    return app\n",
         "make_app().listen("),
    ],
)  # fmt: skip
def test_an_app_that_nothing_starts_is_started(code, made):
    (command,) = commands({"shop.py": code + "x = 'Application('\n"})
    assert made in command
    assert compile(command.split('"')[1], "command", "exec")


def test_gunicorn_s_own_worker_for_aiohttp_is_kept():
    line = "web: gunicorn shop:app --bind 0.0.0.0:80 --worker-class aiohttp.GunicornWebWorker\n"
    (command,) = commands({"Procfile": line})
    assert command == "gunicorn shop:app --worker-class aiohttp.GunicornWebWorker --bind 127.0.0.1:$PORT"


def test_a_port_that_stands_in_the_code_is_told_to_the_person():
    code = "from aiohttp import web\nweb.run_app(web.Application(), port=8085)\n"
    assert the_command({"app.py": code}).label == "names port 8085 itself: what it binds there is led to $PORT"


def test_tornado_takes_an_option_with_an_equals_sign():
    code = (
        "from tornado.options import define, options, parse_command_line\nimport tornado.web\n"
        "define('port', default=8888)\ndef main():\n    parse_command_line()\n"
        "    tornado.web.Application([]).listen(options.port)\nif __name__ == '__main__':\n    main()\n"
    )
    assert commands({"server.py": code}) == ["python server.py --port=$PORT"]


@pytest.mark.parametrize(
    ("code", "port"),
    [
        ("import tornado.web\napp = tornado.web.Application([])\napp.listen(8888)\n", "(8888,)"),
        ("from aiohttp import web\nweb.run_app(web.Application())\n", "(8080,)"),
        ("from bottle import run\nrun(host='localhost', port=8081)\n", "(8081,)"),
        ("from wsgiref.simple_server import make_server\nmake_server('', 6543, make()).serve_forever()\n", "(6543,)"),
        ("from http.server import HTTPServer\nHTTPServer(('', 8000), Handler).serve_forever()\n", "(8000,)"),
    ],
)
def test_a_port_that_stands_in_the_code_is_led_to_ours(code, port):
    found = commands({"server.py": "".join(f"{line}\n" for line in code.splitlines()) + "main()\ndef main(): ...\n"})
    assert len(found) == 1
    assert port in found[0]
    assert "runpy.run_path('server.py',run_name='__main__')" in found[0]
    assert compile(found[0].split('"')[1], "command", "exec")


def test_a_program_in_its_folder_is_started_there():
    code = f"{AIOHTTP}if __name__ == '__main__':\n    web.run_app(app, port=os.environ['PORT'])\n"
    fact = the_command({"backend/main.py": code})
    assert (fact.value, fact.folder) == ("python main.py", "backend")


def test_a_guarded_call_is_only_that_of_its_own_file():
    served = f"{AIOHTTP}if __name__ == '__main__':\n    web.run_app(app, port=os.environ['PORT'])\n"
    files = {"web.py": served, "job.py": "import web\nif __name__ == '__main__':\n    web.app\n"}
    assert commands(files) == ["python web.py"]


def test_a_module_that_serves_while_it_is_imported_is_no_app():
    code = "from flask import Flask\napp = Flask('x')\napp.run(port=5001)\n"
    facts = detect(Tree.of({"app.py": code}))
    assert every(facts, Kind.WSGI) == ()
    assert "(5001,)" in every(facts, Kind.COMMAND)[0].value


def test_an_app_below_the_main_guard_is_not_there_to_import():
    code = "from flask import Flask\nif __name__ == '__main__':\n    app = Flask('x')\n    app.run()\n"
    assert every(detect(Tree.of({"app.py": code})), Kind.WSGI) == ()


def test_gradio_is_told_its_port_by_its_variable():
    code = "import gradio as gr\nwith gr.Blocks() as demo:\n    gr.Textbox()\ndemo.launch()\n"
    assert commands({"app.py": code}) == ["env GRADIO_SERVER_PORT=$PORT python app.py"]


def test_a_streamlit_page_is_run_by_streamlit():
    files = {"Home.py": "import streamlit as st\nimport lib\nst.title('x')\n",
             "pages/a.py": "import streamlit as st\nst.write(1)\n",
             "lib.py": "import streamlit as st\ndef draw():\n    st.write(2)\n"}  # fmt: skip
    facts = detect(Tree.of(files))
    (fact,) = every(facts, Kind.COMMAND)
    assert fact.value.startswith("streamlit run Home.py --server.port $PORT ")
    assert "/_stcore/health" in {fact.value for fact in every(facts, Kind.ROUTE)}

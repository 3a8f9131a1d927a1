import pytest

from ecluse.serving.loading import AppNotFoundError, load

SOURCE = """
def app(): ...
class Holder:
    inner = app
def make(name="made", *, loud=False):
    return lambda: name + "!" * loud
number = 7
"""


@pytest.fixture(autouse=True)
def module(tmp_path, monkeypatch):
    (tmp_path / "served_here.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)


def test_an_attribute():
    assert load("served_here:app") is load("served_here:Holder.inner") is load("served_here")


@pytest.mark.parametrize(
    ("target", "answer"),
    [("make()", "made"), ("make('prod')", "prod"), ("make('prod', loud=True)", "prod!")],
)
def test_a_factory_with_literals(target, answer):
    assert load("served_here:" + target)() == answer


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("application", "served_here:application: 'served_here' has no attribute 'application'"),
        ("number", "served_here:number is a int, not a callable app"),
        ("app[0]", "served_here:app[0]: 'app[0]' is neither an attribute nor a call"),
        ("app(", "served_here:app(: 'app(' is neither an attribute nor a call"),
    ],
)
def test_what_is_no_app_is_named(target, message):
    with pytest.raises(AppNotFoundError) as missing:
        load("served_here:" + target)
    assert str(missing.value) == message


def test_a_factorys_arguments_are_never_evaluated():
    with pytest.raises(AppNotFoundError, match="must be literals"):
        load("served_here:make(exit())")


def test_what_an_import_raises_is_passed_on(tmp_path):
    (tmp_path / "broken_here.py").write_text("import there_is_no_such_module")
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_module"):
        load("broken_here:app")

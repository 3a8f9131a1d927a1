from ecluse.engine.plan import Ended, State
from ecluse.loop.test.ended import verdict_of
from ecluse.model.problem import Problem


def failed(*evidence):
    problem = Problem(code="V004", what="the service db ended before it answered", fix="mend it", evidence=evidence)
    return Ended(name="test", state=State.FAILED, problems=(problem,))


def test_what_a_problem_rests_on_is_told_with_it():
    told = verdict_of(failed("FATAL: no space left"), ()).evidence
    assert told == ("the service db ended before it answered [V004]; mend it", "FATAL: no space left")


def test_of_a_long_log_it_is_the_end():
    told = verdict_of(failed(*map(str, range(100))), ()).evidence
    assert told[1:] == tuple(map(str, range(92, 100)))


def test_a_secret_that_it_quotes_is_masked():
    told = verdict_of(failed("user swordfish"), (), lambda text: text.replace("swordfish", "[secret]")).evidence
    assert told[1:] == ("user [secret]",)

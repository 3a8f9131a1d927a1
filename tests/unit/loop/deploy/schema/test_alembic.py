"""Alembic's revisions as its templates write them, read and never run."""

import pytest

from ecluse.loop.deploy.schema import alembic
from ecluse.loop.deploy.schema.migration import Standing, heads
from ecluse.loop.deploy.schema.tools import tool_of

REVISION = '''\
"""more

Revision ID: {name}
Revises: {after}
"""
from typing import Sequence, Union

from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision: str = '{name}'
down_revision: Union[str, Sequence[str], None] = {after!r}
branch_labels: Union[str, Sequence[str], None] = None
depends_on: Union[str, Sequence[str], None] = None


def upgrade() -> None:
    """Upgrade schema."""
    {upgrade}


def downgrade() -> None:
    """Downgrade schema."""
    {downgrade}
'''
LOG = """\
INFO  [alembic.runtime.migration] Context impl SQLiteImpl.
INFO  [alembic.runtime.migration] Will assume non-transactional DDL.
"""


def revision(name="5b09", after="212c", upgrade="pass", downgrade="op.get_context()"):
    text = REVISION.format(name=name, after=after, upgrade=upgrade, downgrade=downgrade)
    return {f"alembic/versions/{name}_more.py": text}


def effects(upgrade, downgrade="op.get_context()"):
    (found,) = alembic.read(revision(upgrade=upgrade, downgrade=downgrade))
    return found.effects.contracts, found.effects.unclear


BATCH = "with op.batch_alter_table('item', schema=None) as batch_op:\n        batch_op.{call}"


NO_DEFAULT = "which is not null and has no default in the database: a release that doesn't know it can't insert"


@pytest.mark.parametrize(
    ("upgrade", "why"),
    [
        ("op.drop_column('item', 'price')", "drops item.price"),
        ("op.drop_table('item')", "drops item"),
        ("op.add_column('item', sa.Column('rank', sa.Integer(), nullable=False))",
         f"adds item.rank, {NO_DEFAULT}"),
        ("op.rename_table('item', 'thing')", "renames item to thing"),
        ("op.alter_column('item', 'price', new_column_name='cost')", "renames item.price to cost"),
        (BATCH.format(call="drop_column('price')"), "drops item.price"),
        (BATCH.format(call="alter_column('price', new_column_name='cost')"), "renames item.price to cost"),
        ("op.execute('DROP TABLE item')", "runs `DROP TABLE item`"),
        ("op.execute(sa.text('alter table a rename b to c'))", "runs `alter table a rename b to c`"),
    ],
)  # fmt: skip
def test_what_takes_away_contracts(upgrade, why):
    assert effects(upgrade) == ((why,), ())


@pytest.mark.parametrize(
    "upgrade",
    [
        "pass",
        "op.create_table('note', sa.Column('id', sa.Integer(), nullable=False), sa.PrimaryKeyConstraint('id'))",
        "op.add_column('item', sa.Column('note', sa.Text(), nullable=True))",
        "op.add_column('item', sa.Column('rank', sa.Integer(), nullable=False, server_default='0'))",
        "op.add_column('item', sa.Column('twice', sa.Integer(), sa.Computed('rank * 2'), nullable=False))",
        "op.create_index(op.f('ix_rank'), 'item', ['rank'], unique=False)",
        "op.alter_column('item', 'rank', existing_type=sa.Integer(), nullable=True)",
        BATCH.format(call="create_index(batch_op.f('ix_rank'), ['rank'])"),
    ],
)
def test_what_only_adds_is_no_obstacle(upgrade):
    assert effects(upgrade) == ((), ())


@pytest.mark.parametrize(
    ("upgrade", "why"),
    [
        ("op.alter_column('item', 'rank', type_=sa.BigInteger())", "alters item.rank"),
        ("op.alter_column('item', 'rank', nullable=False)", "alters item.rank"),
        ("op.execute('UPDATE item SET rank = 0')", "runs SQL"),
        ("op.create_check_constraint('one', 'item', 'a > 0')", "create_check_constraint may be more than an addition"),
        ("Session(bind=op.get_bind()).query(Item).update({'rank': 0})", "runs code of its own"),
    ],
)  # fmt: skip
def test_what_may_be_either_is_unclear(upgrade, why):
    assert effects(upgrade) == ((), (why,))


@pytest.mark.parametrize("downgrade", ["pass", "...", "raise NotImplementedError('no way back')"])
def test_a_downgrade_that_does_nothing_is_no_way_back(downgrade):
    assert effects("op.create_table('note')", downgrade) == (("can't be reversed: its downgrade does nothing",), ())
    assert effects("pass", downgrade) == ((), ())


def test_what_upgrade_calls_counts_and_what_downgrade_calls_doesn_t():
    (files,) = revision(upgrade="_more()", downgrade="_less()").items()
    helpers = "\n\ndef _more():\n    op.drop_table('a')\n\n\ndef _less():\n    op.drop_table('b')\n"
    (found,) = alembic.read({files[0]: files[1] + helpers})
    assert found.effects.contracts == ("drops a",)


def test_a_file_that_is_no_revision_is_passed_over():
    assert alembic.read({"migrations/env.py": "config = context.config\n", "migrations/versions/bad.py": "def"}) == ()


FOUR = alembic.read(
    revision("aaaa", None) | revision("bbbb", "aaaa") | revision("cccc", "aaaa") | revision("dddd", ("bbbb", "cccc"))
)


def test_a_merge_has_several_parents():
    assert heads(FOUR) == ("dddd",)
    assert FOUR[-1].parents == ("bbbb", "cccc")


def test_current_tells_all_that_leads_there():
    assert alembic.answer(f"{LOG}bbbb\n", FOUR) == Standing(applied=("aaaa", "bbbb"), pending=("cccc", "dddd"))
    assert alembic.answer(LOG, FOUR) == Standing(applied=(), pending=("aaaa", "bbbb", "cccc", "dddd"))
    merged = alembic.answer(f"{LOG}dddd (head) (mergepoint)\n", FOUR)
    assert merged == Standing(applied=("aaaa", "bbbb", "cccc", "dddd"), pending=())


@pytest.mark.parametrize("output", ["eeee (head)\n", "dddd\n", "loading\ndddd (head)\n"])
def test_where_alembic_knows_better_nothing_is_said(output):
    assert alembic.answer(LOG + output, FOUR) is None


def test_without_a_revision_at_hand_nothing_is_said():
    assert alembic.answer(LOG, ()) is None


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ("alembic upgrade head", "alembic current"),
        ("alembic -c deploy/alembic.ini upgrade heads", "alembic -c deploy/alembic.ini current"),
        ("python -m alembic upgrade head", "python -m alembic current"),
        ("flask --app shop db upgrade", "flask --app shop db current"),
        ("flask db upgrade --directory data/migrations", "flask db current --directory data/migrations"),
        ("flask db upgrade -d data/migrations head", "flask db current -d data/migrations"),
    ],
)
def test_alembic_is_asked_as_it_is_told_to_upgrade(command, question):
    found = tool_of(tuple(command.split()))
    assert (found.name, " ".join(found.question), found.is_whole) == ("alembic", question, True)


def test_an_upgrade_that_stops_short_is_always_run():
    assert tool_of(("alembic", "upgrade", "+1")).is_whole is False


def test_revisions_are_looked_for_in_their_usual_places():
    assert alembic.matters("shop/migrations/versions/5b09_more.py")
    assert alembic.matters("alembic/versions/2026/5b09_more.py")
    assert not alembic.matters("shop/models.py")
    assert not alembic.matters("tests/migrations/versions/5b09_more.py")

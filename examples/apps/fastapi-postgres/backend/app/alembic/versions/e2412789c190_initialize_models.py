"""Initialize models"""

import sqlalchemy as sa
from alembic import op

revision = "e2412789c190"
down_revision = None


def upgrade():
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("text", sa.String(), nullable=False),
    )


def downgrade():
    op.drop_table("note")

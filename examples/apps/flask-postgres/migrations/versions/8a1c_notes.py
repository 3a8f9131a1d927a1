"""notes"""

import sqlalchemy as sa
from alembic import op

revision = "8a1c"
down_revision = None


def upgrade():
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("text", sa.String(200), nullable=False),
    )


def downgrade():
    op.drop_table("note")

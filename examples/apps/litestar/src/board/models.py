from advanced_alchemy.base import BigIntBase
from sqlalchemy.orm import Mapped, mapped_column


class Note(BigIntBase):
    __tablename__ = "note"

    text: Mapped[str] = mapped_column()

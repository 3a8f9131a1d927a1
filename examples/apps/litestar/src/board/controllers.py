from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from litestar import Controller, Request, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import File
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from board.models import Note


@dataclass
class Sent:
    text: str
    file: UploadFile


class Notes(Controller):
    path = "/notes"

    @get()
    async def listed(self, db_session: AsyncSession) -> list[str]:
        return list(await db_session.scalars(select(Note.text)))

    @post()
    async def add(
        self,
        request: Request,
        db_session: AsyncSession,
        data: Annotated[Sent, Body(media_type=RequestEncodingType.MULTI_PART)],
    ) -> None:
        folder = Path(request.app.state.settings.uploads)
        folder.mkdir(exist_ok=True)
        (folder / Path(data.file.filename).name).write_bytes(await data.file.read())
        db_session.add(Note(text=data.text))
        await db_session.commit()


@get("/files/{name:str}")
async def uploaded(request: Request, name: str) -> File:
    return File(Path(request.app.state.settings.uploads) / Path(name).name, filename=name)

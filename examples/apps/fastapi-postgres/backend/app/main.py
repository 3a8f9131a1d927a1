from pathlib import Path

from fastapi import APIRouter, FastAPI, Form, UploadFile
from fastapi.responses import FileResponse
from sqlmodel import Session, select

from app.core.config import settings
from app.core.db import engine
from app.models import Note

router = APIRouter()
uploads = Path(settings.UPLOADS)


@router.get("/notes")
def notes() -> list[str]:
    with Session(engine) as session:
        return list(session.exec(select(Note.text)))


@router.post("/notes", status_code=201)
def add(text: str = Form(), file: UploadFile | None = None) -> None:
    uploads.mkdir(exist_ok=True)
    (uploads / Path(file.filename).name).write_bytes(file.file.read())
    with Session(engine) as session:
        session.add(Note(text=text))
        session.commit()


@router.get("/files/{name}")
def uploaded(name: str) -> FileResponse:
    return FileResponse(uploads / name)


@router.get("/utils/health-check/")
def health_check() -> bool:
    return True


app = FastAPI(title=settings.PROJECT_NAME)
app.include_router(router)

from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
UPLOADS = DATA / "uploads"
UPLOADS.mkdir(parents=True, exist_ok=True)

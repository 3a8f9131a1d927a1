from typing import ClassVar

from django.db import models

LONGEST = 500


class Note(models.Model):
    """What somebody left."""

    text = models.CharField(max_length=LONGEST)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        return self.text

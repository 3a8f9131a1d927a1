import os

from celery import Celery

celery = Celery("prints", broker=os.environ["CELERY_BROKER_URL"])


@celery.task
def count(path):
    with open(path) as file:
        return len(file.read().split())

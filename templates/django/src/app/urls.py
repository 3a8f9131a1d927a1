from django.urls import path

from app import views

urlpatterns = [
    path("notes", views.notes),
    path("health", views.health),
    path("metrics", views.numbers),
]

from django.db import models


class Note(models.Model):
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=250)
    note = models.TextField()

    def __str__(self) -> str:
        return self.name


class Kept(models.Model):
    key = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return self.key

"""Models in the place of Django's own: users, for AUTH_USER_MODEL, and sessions with more columns."""
import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import salted_hmac


class Users(BaseUserManager):
    def create_user(self, username, password):
        user = self.model(username=username)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    username = models.CharField(max_length=150, unique=True)
    is_active = models.BooleanField(default=True)
    objects = Users()
    USERNAME_FIELD = "username"

    class Meta:
        abstract = True


class Member(User):
    """One whose primary key is a UUID."""
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)


class Customer(User):
    """One whose sessions end with each new generation."""
    generation = models.IntegerField(default=1)

    def get_session_auth_hash(self):
        return self._get_session_auth_hash()

    def _get_session_auth_hash(self, secret=None):  # with which Django tries its fallbacks, since 4.1.8
        value = "%s/%d" % (self.password, self.generation)
        return salted_hmac("people.Customer", value, secret=secret, algorithm="sha256").hexdigest()


class Visit(AbstractBaseSession):
    user_id = models.IntegerField(null=True)
    last_activity = models.DateTimeField(auto_now=True)
    ip = models.CharField(max_length=40, null=True)

"""The practice desk's data: what a HelpSpot installation keeps.

Names are plain; `portal/desk/methods` gives them HelpSpot's wire names.
HelpSpot's "request" is a `Ticket` here, as everywhere in this code.
"""

from __future__ import annotations

import secrets
import string

import nh3
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

ACCESS_LETTERS = string.ascii_letters
ACCESS_LENGTH = 20


def new_ticket_password() -> str:
    """Return the letters of a new access key: twenty, mixed case, unguessable."""
    return "".join(secrets.choice(ACCESS_LETTERS) for _ in range(ACCESS_LENGTH))


class DeskSettings(models.Model):
    """The installation's own settings: one row, made on first use."""

    class Scalars(models.TextChoices):
        STRINGS = "strings", "Strings, as most servers send"
        NUMBERS = "numbers", "Numbers, as HelpSpot 5 cloud sends"

    class HistoryBy(models.TextChoices):
        EMAIL = "email", "E-mail address"
        CUSTOMER_ID = "customer_id", "Customer ID"

    class Fault(models.TextChoices):
        NONE = "", "None"
        SLOW = "slow", "Answer late"
        DOWN = "down", "Answer 503 with a page"
        HANG_UP = "hang_up", "Hang up"
        GARBLE = "garble", "Cut and garble the answer"

    is_public_api_enabled = models.BooleanField(default=True)
    json_scalars = models.CharField(
        max_length=8, choices=Scalars, default=Scalars.STRINGS
    )
    history_by = models.CharField(
        "show request history based on",
        max_length=12,
        choices=HistoryBy,
        default=HistoryBy.EMAIL,
    )
    offers_forums = models.BooleanField(
        default=True, help_text="Off behaves like HelpSpot 5, which has no forums."
    )
    lists_custom_values = models.BooleanField(
        "send custom fields in a customer's list of requests",
        default=False,
        help_text="HelpSpot's manual shows the list without them.",
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    fault = models.CharField(
        "misbehave", max_length=8, choices=Fault, default=Fault.NONE, blank=True
    )
    fault_delay = models.FloatField("delay in seconds", default=5)

    class Meta:
        verbose_name = verbose_name_plural = "settings"

    def __str__(self) -> str:
        return "Settings"

    @classmethod
    def load(cls) -> DeskSettings:
        """Return the one row, making it where there is none."""
        return cls.objects.get_or_create(pk=1)[0]


# ------------------------------------------------------------------- requests


class Status(models.Model):
    """A request's status; one is the status of new requests, some mean closed."""

    name = models.CharField(max_length=100)
    order = models.PositiveIntegerField(default=0)
    is_closed = models.BooleanField("requests with it are closed", default=False)

    class Meta:
        ordering = ["order", "id"]
        verbose_name_plural = "statuses"

    def __str__(self) -> str:
        return self.name


class CustomField(models.Model):
    """A field that categories ask for."""

    class Type(models.TextChoices):
        SELECT = "select", "Predefined list"
        TEXT = "text", "Text field"
        LARGE_TEXT = "lrgtext", "Large text field"
        CHECKBOX = "checkbox", "Checkbox"
        NUMBER = "numtext", "Numeric field"
        DECIMAL = "decimal", "Decimal field"
        REGEX = "regex", "Regular expression field"
        DATE = "date", "Date field"
        DATETIME = "datetime", "Date and time field"
        DRILL_DOWN = "drilldown", "Drill down list"

    name = models.CharField(max_length=200)
    type = models.CharField(max_length=10, choices=Type)
    is_required = models.BooleanField(default=False)
    is_public = models.BooleanField(default=True)
    is_always_visible = models.BooleanField(default=False)
    order = models.IntegerField(default=0)
    text_size = models.PositiveSmallIntegerField(null=True, blank=True)
    text_rows = models.PositiveSmallIntegerField(null=True, blank=True)
    decimal_places = models.PositiveSmallIntegerField(default=0)
    pattern = models.CharField(
        max_length=500,
        blank=True,
        help_text="A JavaScript regular expression with slashes, as in /^\\d{5}$/i.",
    )
    items = models.TextField(
        blank=True,
        help_text=(
            "One item a line. In a drill down list, indent an item below its parent."
        ),
    )

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """What a request is about; decides which custom fields are asked."""

    name = models.CharField(max_length=200)
    order = models.PositiveIntegerField(default=0)
    is_public = models.BooleanField(default=True)
    custom_fields: models.ManyToManyField[CustomField, CategoryField] = (
        models.ManyToManyField(
            CustomField, through="CategoryField", related_name="categories", blank=True
        )
    )

    class Meta:
        ordering = ["order", "id"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class CategoryField(models.Model):
    """A custom field at its place in a category."""

    category = models.ForeignKey(Category, models.CASCADE)
    custom_field = models.ForeignKey(CustomField, models.CASCADE)
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "custom_field"], name="field_once_per_category"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.custom_field}"


class Customer(models.Model):
    """Someone who can sign in to the portal. The password is stored hashed."""

    email = models.EmailField(max_length=250, unique=True)
    password = models.CharField(max_length=128, editable=False)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    customer_id = models.CharField("customer ID", max_length=100, blank=True)

    class Meta:
        ordering = ["email"]
        indexes = [models.Index(Lower("email"), name="customers_by_email")]

    def __str__(self) -> str:
        return self.email

    def set_password(self, password: str) -> None:
        """Store a hash of the password; the caller saves."""
        self.password = make_password(password)

    def has_password(self, password: str) -> bool:
        """Tell whether this is the customer's password."""
        return check_password(password, self.password)


class LoginAttempt(models.Model):
    """A login that failed, or is being tried; of the address there is only a hash."""

    login = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"Login at {self.at}"


class Ticket(models.Model):
    """A customer's request."""

    class OpenedVia(models.IntegerChoices):
        EMAIL = 1, "Email"
        PHONE = 2, "Phone"
        WALK_IN = 3, "Walk In"
        MAIL = 4, "Mail"
        OTHER = 5, "Other"
        WEB_SERVICE = 6, "Web Service"
        WEB_FORM = 7, "Web Form"
        FORUM = 8, "Forum"
        INSTANT_MESSENGER = 9, "Instant Messenger"
        FAX = 10, "Fax"
        VOICEMAIL = 11, "Voicemail"
        STAFF = 12, "Staff Initiated"
        TAB_WIDGET = 13, "Tab Widget"

    password = models.CharField(
        "access key letters",
        max_length=40,
        default=new_ticket_password,
        editable=False,
    )
    opened_via = models.PositiveSmallIntegerField(
        choices=OpenedVia, default=OpenedVia.WEB_SERVICE
    )
    category = models.ForeignKey(Category, models.SET_NULL, null=True, blank=True)
    status = models.ForeignKey(Status, models.PROTECT)
    is_open = models.BooleanField(default=True)
    is_urgent = models.BooleanField(default=False)
    title = models.CharField(max_length=250, blank=True)
    customer_id = models.CharField(
        "customer ID", max_length=100, blank=True, db_index=True
    )
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=250, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    portal_id = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    is_trash = models.BooleanField(default=False)
    trashed_at = models.DateTimeField(null=True, blank=True)
    reference = models.CharField(
        max_length=40,
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text="The sender's own reference: the same one twice makes one request.",
    )

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [models.Index(Lower("email"), name="tickets_by_email")]
        verbose_name = "request"

    def __str__(self) -> str:
        return f"Request {self.pk}"

    @property
    def access_key(self) -> str:
        """Return the key that opens this request: its number and its letters."""
        return f"{self.pk}{self.password}"

    @property
    def full_name(self) -> str:
        """Return first and last name joined by a blank, which is there even alone."""
        return f"{self.first_name} {self.last_name}"


class CustomValue(models.Model):
    """What a request says in a custom field, in the wire's form."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="custom_values")
    custom_field = models.ForeignKey(CustomField, models.CASCADE)
    value = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "custom_field"], name="value_once_per_ticket"
            )
        ]

    def __str__(self) -> str:
        return f"{self.custom_field}: {self.value}"


class Note(models.Model):
    """One entry of a request's history: a note, or a line of its log."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="notes")
    # Without its author an answer would turn into the customer's words.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty for the customer.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    is_public = models.BooleanField(default=True)
    is_initial = models.BooleanField(default=False)
    log = models.TextField(blank=True)
    body = models.TextField(blank=True)
    is_html = models.BooleanField(default=False)
    merged_from = models.PositiveIntegerField(default=0)
    reference = models.CharField(
        max_length=40, null=True, blank=True, unique=True, editable=False
    )

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Note {self.pk}"

    @property
    def safe_body(self) -> SafeString:
        """Return an HTML body sanitised, for the staff side."""
        return mark_safe(nh3.clean(self.body))  # noqa: S308 - sanitised in this line


class Document(models.Model):
    """A file: at a note, or at a knowledge-base page."""

    note = models.ForeignKey(
        Note, models.CASCADE, null=True, blank=True, related_name="documents"
    )
    page = models.ForeignKey(
        "Page", models.CASCADE, null=True, blank=True, related_name="documents"
    )
    filename = models.CharField(max_length=255)
    mime_type = models.CharField(max_length=127)
    size = models.PositiveIntegerField(default=0)
    content = models.BinaryField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.filename


# ------------------------------------------------------------- knowledge base


class Book(models.Model):
    """A knowledge book."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    order = models.PositiveIntegerField(default=0)
    is_public = models.BooleanField(default=True)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class Chapter(models.Model):
    """A chapter of a book; appendices come last whatever their order."""

    book = models.ForeignKey(Book, models.CASCADE, related_name="chapters")
    name = models.CharField(max_length=200)
    order = models.PositiveIntegerField(default=0)
    is_appendix = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)

    class Meta:
        ordering = ["book", "is_appendix", "order", "id"]

    def __str__(self) -> str:
        return f"{self.book}: {self.name}"


class Tag(models.Model):
    """A word that pages share."""

    name = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Page(models.Model):
    """A page of a chapter. `body` is HTML."""

    chapter = models.ForeignKey(Chapter, models.CASCADE, related_name="pages")
    name = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    order = models.PositiveIntegerField(default=0)
    is_highlighted = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    tags = models.ManyToManyField(Tag, blank=True, related_name="pages")
    related = models.ManyToManyField("self", blank=True, symmetrical=False)
    helpful = models.PositiveIntegerField(default=0, editable=False)
    not_helpful = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["chapter", "order", "id"]

    def __str__(self) -> str:
        return self.name


# --------------------------------------------------------------------- forums


class Forum(models.Model):
    """A forum."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    order = models.PositiveIntegerField(default=0)
    is_public = models.BooleanField(default=True)
    is_closed = models.BooleanField(default=False)
    is_moderated = models.BooleanField("new posts wait for staff", default=False)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name


class Topic(models.Model):
    """A topic of a forum; its first post is its text."""

    forum = models.ForeignKey(Forum, models.CASCADE, related_name="topics")
    title = models.CharField(max_length=100)
    author_name = models.CharField(max_length=100)
    posted_at = models.DateTimeField(default=timezone.now)
    is_closed = models.BooleanField(default=False)
    is_sticky = models.BooleanField(default=False)
    is_approved = models.BooleanField(default=True)

    class Meta:
        ordering = ["-is_sticky", "-posted_at", "-id"]
        indexes = [
            models.Index(
                fields=["forum", "-is_sticky", "-posted_at", "-id"],
                name="topics_as_listed",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Post(models.Model):
    """A post of a topic, in plain text."""

    topic = models.ForeignKey(Topic, models.CASCADE, related_name="posts")
    author_name = models.CharField(max_length=100)
    email = models.CharField(max_length=250, blank=True)
    url = models.CharField(max_length=250, blank=True)
    body = models.TextField()
    label = models.CharField(
        max_length=50, blank=True, help_text="A badge such as Staff or Power user."
    )
    posted_at = models.DateTimeField(default=timezone.now)
    wants_email = models.BooleanField("mail replies", default=False)
    ip_address = models.CharField(max_length=45, blank=True)
    operating_system = models.CharField(max_length=100, blank=True)
    browser = models.CharField(max_length=255, blank=True)
    is_approved = models.BooleanField(default=True)
    reference = models.CharField(
        max_length=40, null=True, blank=True, unique=True, editable=False
    )

    class Meta:
        ordering = ["posted_at", "id"]

    def __str__(self) -> str:
        return f"Post {self.pk}"

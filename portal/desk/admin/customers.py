"""Customers who can sign in, and what requests ask for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from portal.desk.models import Category, CategoryField, Customer, CustomField


class CustomerForm(forms.ModelForm[Customer]):
    """A customer, with a field that sets a new password."""

    new_password = forms.CharField(
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Leave empty to keep the present one.",
    )

    class Meta:
        model = Customer
        fields = ["email", "first_name", "last_name", "customer_id"]

    def clean_new_password(self) -> str:
        """Ask for a password where there is none yet."""
        password: str = self.cleaned_data["new_password"]
        if not password and not self.instance.pk:
            raise forms.ValidationError("A new customer needs a password.")
        return password


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin[Customer]):
    """The customers' list."""

    form = CustomerForm
    list_display = ["email", "first_name", "last_name", "customer_id"]
    search_fields = ["email", "first_name", "last_name", "customer_id"]

    def save_model(
        self,
        request: HttpRequest,
        obj: Customer,
        form: Any,
        change: bool,  # noqa: FBT001 - Django's signature
    ) -> None:
        """Store the new password, if there is one, as a hash."""
        if password := form.cleaned_data["new_password"]:
            obj.set_password(password)
        super().save_model(request, obj, form, change)


class CategoryFieldInline(admin.TabularInline[CategoryField, Category]):
    """A category's custom fields in order."""

    model = CategoryField
    extra = 1
    autocomplete_fields = ["custom_field"]


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    """What a request can be about."""

    list_display = ["name", "order", "is_public"]
    list_editable = ["order"]
    inlines = [CategoryFieldInline]


class CustomFieldForm(forms.ModelForm[CustomField]):
    """A custom field; a drill-down's items are indented text."""

    items = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "cols": 60}),
        help_text=CustomField._meta.get_field("items").help_text,
    )

    class Meta:
        model = CustomField
        fields = [
            "name",
            "type",
            "is_required",
            "is_public",
            "is_always_visible",
            "order",
            "items",
            "text_size",
            "text_rows",
            "decimal_places",
            "pattern",
        ]

    def clean_items(self) -> str:
        """Refuse tabs mixed with blanks and an item deeper than its parent allows."""
        lines = [
            line for line in self.cleaned_data["items"].splitlines() if line.strip()
        ]
        open_indents: list[int] = []
        for line in lines:
            if "\t" in line[: len(line) - len(line.lstrip())]:
                raise forms.ValidationError("Indent with blanks, not with tabs.")
            indent = len(line) - len(line.lstrip(" "))
            while open_indents and open_indents[-1] >= indent:
                open_indents.pop()
            if not open_indents and indent:
                raise forms.ValidationError(f"“{line.strip()}” has no parent.")
            open_indents.append(indent)
        return "\n".join(line.rstrip() for line in lines)

    def clean(self) -> dict[str, Any]:
        """Ask for items where the type lives of them."""
        cleaned = super().clean() or self.cleaned_data
        kinds = CustomField.Type
        if cleaned.get("type") in {
            kinds.SELECT,
            kinds.DRILL_DOWN,
        } and not cleaned.get("items"):
            self.add_error("items", "This type needs items.")
        return cleaned


@admin.register(CustomField)
class CustomFieldAdmin(admin.ModelAdmin[CustomField]):
    """The fields that categories ask for."""

    form = CustomFieldForm
    list_display = ["name", "type", "is_required", "is_public", "is_always_visible"]
    list_filter = ["type", "is_public"]
    search_fields = ["name"]

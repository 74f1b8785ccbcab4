"""The accounts room's forms."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


def _password_field() -> forms.CharField:
    return forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=200,
        error_messages={"required": _("Enter your password")},
        widget=forms.PasswordInput(
            attrs={
                "class": "input",
                "autocomplete": "current-password",
                "spellcheck": "false",
            }
        ),
    )


class SignInForm(forms.Form):
    """E-mail address and password; where HelpSpot asks for a user name, that."""

    use_required_attribute = False

    email = forms.CharField(
        label=_("Email"),
        max_length=250,
        error_messages={"required": _("Enter your email")},
        widget=forms.EmailInput(
            attrs={
                "class": "input",
                "autocomplete": "username",
                "spellcheck": "false",
            }
        ),
    )
    password = _password_field()


class PasswordForm(forms.Form):
    """The password once more, because it is never kept."""

    use_required_attribute = False

    password = _password_field()

"""What the forms have in common whose content the outbox keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django import forms
from django.utils.functional import Promise

from portal.http import DATABASE_AWAY, PerhapsDone
from portal.outbox.errors import NotStored, PerhapsStored


class KeptForm(forms.Form):
    """A form that says so where it could not be kept.

    `not_sent` says that nothing was, `status` how to answer a form that comes back.
    Once nobody can tell whether a form was kept, the same form never says that it was
    not sent: it carries that along in a field called `perhaps`.
    """

    use_required_attribute = False
    not_sent: Promise | str
    status = 422
    _is_in_doubt = False

    @property
    def is_perhaps_kept(self) -> bool:
        """Tell whether this form may have been kept, now or when it was sent before."""
        return self._is_in_doubt or "perhaps" in self.data

    def show_not_stored(self, failure: NotStored) -> None:
        """Say that nothing was sent or kept, or that nobody can tell yet."""
        self.status = 503
        self._is_in_doubt = isinstance(failure, PerhapsStored)
        own = PerhapsStored.text if self.is_perhaps_kept else failure.text
        self.add_error(None, str(own or self.not_sent))

    @contextmanager
    def coming_back(self) -> Iterator[None]:
        """Show the form again inside; raises `PerhapsDone` where it only may be kept.

        What was lost as it was kept is often still away when the page is made.
        """
        try:
            yield
        except DATABASE_AWAY as exc:
            if self.is_perhaps_kept:
                raise PerhapsDone from exc
            raise

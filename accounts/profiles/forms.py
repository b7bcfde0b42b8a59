"""Forms and fields for a person's details, limited in bytes."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.utils import timezone
from django.utils.deconstruct import deconstructible
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Commenter, User
from accounts.profiles.names import tidy_line

NAME_MESSAGES = {"required": _("Enter your name.")}


@deconstructible
class MaxBytesValidator:
    """Validates a length in bytes, as the databases that we import from and export to limit it."""

    message = ngettext_lazy(
        "This is %(said)s byte too long. The limit is %(limit)s bytes.",
        "This is %(said)s bytes too long. The limit is %(limit)s bytes.",
        "over",
    )

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, text: str) -> None:
        over = len(text.encode("utf-8", "surrogatepass")) - self.limit
        if over > 0:
            excess, limit = (number_format(number, force_grouping=True) for number in (over, self.limit))
            raise ValidationError(self.message, code="max_bytes", params={"over": over, "said": excess, "limit": limit})


class LineField(forms.CharField):
    """A line of text, without invisible characters; `autocomplete` is the HTML attribute."""

    def __init__(self, *, max_bytes: int, autocomplete: str = "", **rest: Any) -> None:
        super().__init__(**rest)
        self.max_bytes = max_bytes
        self.validators.append(MaxBytesValidator(max_bytes))
        self.widget.attrs.setdefault("maxlength", str(max_bytes))
        if autocomplete:
            self.widget.attrs["autocomplete"] = autocomplete

    def to_python(self, value: Any) -> str:
        """Return the text without invisible characters, unless it is so long that it will be rejected anyway."""
        text = super().to_python(value) or ""
        return tidy_line(text) if len(text) <= 4 * self.max_bytes else text


class EmailField(LineField):
    widget = forms.EmailInput

    def validate(self, value: Any) -> None:
        """Require letters without accents before the @ and a domain with an ending, besides what Django requires."""
        super().validate(value)
        if not value:
            return
        name, at, host = value.rpartition("@")
        if not at or not name:
            raise ValidationError(_("Enter a valid email address, such as name@example.org."), code="invalid")
        if not name.isascii():  # Django accepts letters here that a database may treat as equal to others
            message = _("The part before the @ can’t contain accented or non-English letters.")
            raise ValidationError(message, code="invalid")
        if "." not in host.strip("."):
            raise ValidationError(_("The part after the @ needs an ending, such as “.org”."), code="invalid")
        EmailValidator(_("Enter a valid email address, such as name@example.org."))(value)


class WebsiteField(LineField):
    widget = forms.URLInput

    def to_python(self, value: Any) -> str:
        """Return the address with https:// in front if it has no scheme."""
        text = super().to_python(value)
        if text and "://" not in text and not text.lower().startswith(("javascript:", "data:", "mailto:")):
            text = f"https://{text.lstrip('/')}"
        return text

    def validate(self, value: Any) -> None:
        """Require a URL with http or https."""
        super().validate(value)
        if value:
            message = _("Enter a valid website address, such as example.org.")
            URLValidator(schemes=["http", "https"], message=message)(value)


class DetailsForm(forms.Form):
    """A guest's details. A typed address proves no identity: only the cookie makes a person the same guest again."""

    name = LineField(max_bytes=245, autocomplete="name", label=_("Name"), error_messages=NAME_MESSAGES)
    email = EmailField(
        max_bytes=100,
        autocomplete="email",
        label=_("Email"),
        error_messages={"required": _("Enter your email address. It’s never made public.")},
    )
    website = WebsiteField(max_bytes=200, autocomplete="url", label=_("Website"), required=False)
    remember = forms.BooleanField(
        label=_("Save my name, email, and website in this browser for the next time I comment"), required=False
    )

    def __init__(self, *args: Any, guest: Commenter | None = None, needs_email: bool = True, **rest: Any) -> None:
        self.guest = guest
        if guest:
            details = {"name": guest.name, "email": guest.email, "website": guest.website, "remember": True}
            rest["initial"] = {**details, **rest.get("initial", {})}
        super().__init__(*args, **rest)
        self.fields["email"].required = needs_email

    def build_commenter(self, last: Commenter | None = None) -> Commenter:
        """Return the remembered guest, or the last one of this browser, if name and address match; else a new one.

        Different details may be another person at the same computer.
        """
        name, email, website = (self.cleaned_data[field] for field in ("name", "email", "website"))
        matching = [guest for guest in (self.guest, last) if guest and (guest.name, guest.email) == (name, email)]
        if not matching:
            return Commenter(name=name, email=email, website=website)
        guest = matching[0]
        if guest.website != website:
            guest.website, guest.changed, guest.has_unsaved_changes = website, timezone.now(), True
        return guest


class SignupForm(forms.Form):
    """The fields that we add to allauth's sign-up form."""

    name = LineField(
        max_bytes=150, label=_("Name"), help_text=_("Shown with your comments."), error_messages=NAME_MESSAGES
    )

    def signup(self, request: Any, user: User) -> None:
        """Save the name of a new user; allauth calls this."""
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class ProfileForm(forms.Form):
    """The name and website of a user."""

    name = LineField(max_bytes=245, autocomplete="name", label=_("Name"), error_messages=NAME_MESSAGES)
    website = WebsiteField(
        max_bytes=200, autocomplete="url", label=_("Website"), required=False, help_text=_("Your name links here.")
    )

"""What a stranger says of themselves, in bytes that fit and words that help."""

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


@deconstructible
class AtMostBytes:
    """Limits are in bytes, as in the databases that comments come from and go to."""

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
            said, limit = (number_format(number, force_grouping=True) for number in (over, self.limit))
            raise ValidationError(self.message, code="max_bytes", params={"over": over, "said": said, "limit": limit})


class LineField(forms.CharField):
    """One line of text, of which what cannot be seen is gone."""

    def __init__(self, *, max_bytes: int, **rest: Any) -> None:
        super().__init__(**rest)
        self.max_bytes = max_bytes
        self.validators.append(AtMostBytes(max_bytes))
        self.widget.attrs.setdefault("maxlength", str(max_bytes))

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        # far too long is refused as it came: nothing is spent on tidying it
        return tidy_line(text) if len(text) <= 4 * self.max_bytes else text


class EmailField(LineField):
    widget = forms.EmailInput

    def validate(self, value: Any) -> None:
        super().validate(value)
        if not value:
            return
        name, at, host = value.rpartition("@")
        if not at or not name:
            raise ValidationError(_("Enter a valid email address, such as name@example.org."), code="invalid")
        if not name.isascii():  # Django's own check lets through letters that databases take for others
            raise ValidationError(
                _("The part before the @ can't contain accented or special letters."),
                code="invalid",
            )
        if "." not in host.strip("."):
            raise ValidationError(_("The part after the @ needs an ending, such as “.org”."), code="invalid")
        EmailValidator(_("Enter a valid email address, such as name@example.org."))(value)


class WebsiteField(LineField):
    widget = forms.URLInput

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        if text and "://" not in text and not text.lower().startswith(("javascript:", "data:", "mailto:")):
            text = f"https://{text.lstrip('/')}"
        return text

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value:
            URLValidator(
                schemes=["http", "https"],
                message=_("Enter a valid website address, such as example.org."),
            )(value)


class DetailsForm(forms.Form):
    """A guest's details. A typed address claims nobody's identity: only the cookie makes them the same guest again."""

    name = LineField(label=_("Name"), max_bytes=245, error_messages={"required": _("Enter your name.")})
    email = EmailField(
        label=_("Email"),
        max_bytes=100,
        error_messages={"required": _("Enter your email address. It's never made public.")},
    )
    website = WebsiteField(label=_("Website"), max_bytes=200, required=False)
    remember = forms.BooleanField(
        label=_("Save my name, email, and website in this browser for the next time I comment"), required=False
    )

    def __init__(self, *args: Any, guest: Commenter | None = None, needs_email: bool = True, **rest: Any) -> None:
        self.guest = guest
        if guest:
            known = {"name": guest.name, "email": guest.email, "website": guest.website, "remember": True}
            rest["initial"] = {**known, **rest.get("initial", {})}
        super().__init__(*args, **rest)
        self.fields["email"].required = needs_email
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["website"].widget.attrs["autocomplete"] = "url"

    def commenter(self, last: Commenter | None = None) -> Commenter:
        """The remembered guest, or a new one: another name or address is another person, perhaps at the same machine.

        `last`: the guest who commented last in this browser, for whom the same holds.
        """
        name, email, website = (self.cleaned_data[field] for field in ("name", "email", "website"))
        known = [guest for guest in (self.guest, last) if guest and (guest.name, guest.email) == (name, email)]
        if not known:
            return Commenter(name=name, email=email, website=website)
        guest = known[0]
        if guest.website != website:
            guest.website, guest.changed, guest.has_news = website, timezone.now(), True
        return guest


class SignupForm(forms.Form):
    """What we ask of somebody who makes an account here, beside what allauth asks."""

    name = LineField(
        label=_("Name"),
        max_bytes=150,
        help_text=_("Shown with your comments."),
        error_messages={"required": _("Enter your name.")},
    )

    def signup(self, request: Any, user: User) -> None:
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class ProfileForm(forms.Form):
    """How somebody with an account is named, and where their name leads."""

    name = LineField(label=_("Name"), max_bytes=245, error_messages={"required": _("Enter your name.")})
    website = WebsiteField(label=_("Website"), max_bytes=200, required=False, help_text=_("Your name links here."))

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.fields["name"].widget.attrs["autocomplete"] = "name"
        self.fields["website"].widget.attrs["autocomplete"] = "url"

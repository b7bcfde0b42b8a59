"""Import of the old site's media library: pictures that no essay shows are fetched too."""

from blog.models import Image
from transfer import pictures
from transfer.models import WantedPicture
from transfer.report import Report
from transfer.wordpress import items
from transfer.wordpress.wxr import Record


class MediaLibrary:
    def __init__(self, report: Report) -> None:
        self.report = report

    def import_attachment(self, item: Record) -> None:
        address = pictures.full_size_address(item["wp:attachment_url"], "")
        if not address or not pictures.may_be_picture(address):
            self.report.omit(
                "media library file(s) that (is not a picture|are not pictures)", item["wp:attachment_url"]
            )
        elif (
            Image.objects.filter(source=address).exists()
            or WantedPicture.objects.filter(address=address, essay=None).exists()
        ):
            self.report.unchanged["picture(s) in the media library"] += 1
        else:
            alt = next(iter(items.custom_fields(item).get("_wp_attachment_image_alt", [])), "")
            WantedPicture.objects.create(address=address, alt=" ".join(alt.split())[:500])

"""Import of the old site's media library: pictures that no essay shows are fetched too."""

from blog.models import Image
from transfer import pictures
from transfer.models import WantedPicture
from transfer.report import Report
from transfer.wordpress import items
from transfer.wordpress.wxr import Record


class Library:
    def __init__(self, report: Report) -> None:
        self.report = report

    def bring(self, item: Record) -> None:
        address = pictures.whole(item["wp:attachment_url"], "")
        if not address or not pictures.is_picture(address):
            self.report.leave_out(
                "media library file(s) that (is not a picture|are not pictures)", item["wp:attachment_url"]
            )
        elif (
            Image.objects.filter(source=address).exists()
            or WantedPicture.objects.filter(address=address, essay=None).exists()
        ):
            self.report.known["picture(s) in the media library"] += 1
        else:
            alt = next(iter(items.meta_of(item).get("_wp_attachment_image_alt", [])), "")
            WantedPicture.objects.create(address=address, alt=" ".join(alt.split())[:500])

"""Print the packages that an installation consists of, as pinned in requirements/, as an SBOM in CycloneDX's JSON."""

import json
import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?: ; ([^\\]+?))? *\\?$", re.MULTILINE)


def components(file: str, scope: str) -> Iterator[dict[str, Any]]:
    """Yield the packages that a requirements file pins."""
    for name, version, marker in PIN.findall((REQUIREMENTS / file).read_text()):
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{version}"
        component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "scope": scope, "purl": purl}
        if marker:
            component["properties"] = [{"name": "python:marker", "value": marker}]
        yield component


def sbom(version: str, timestamp: str) -> dict[str, Any]:
    """Return the document; the same version and time give the same bytes."""
    site = f"rejoinder@{version}"
    packages = [*components("run.txt", "required"), *components("s3.txt", "optional")]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, f"{site} {timestamp}").urn,
        "version": 1,
        "metadata": {
            "timestamp": timestamp,
            "component": {
                "type": "application",
                "bom-ref": site,
                "name": "rejoinder",
                "version": version,
                "licenses": [{"license": {"id": "MIT"}}],
            },
        },
        "components": packages,
        "dependencies": [{"ref": site, "dependsOn": [package["bom-ref"] for package in packages]}],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(sbom(*sys.argv[1:3]), indent=2) + "\n")

"""Lists of recordings as telephone systems export them, read as they are."""

from api.batch.manifest.read import Manifest, ManifestError, is_manifest, read_manifest

__all__ = ["Manifest", "ManifestError", "is_manifest", "read_manifest"]

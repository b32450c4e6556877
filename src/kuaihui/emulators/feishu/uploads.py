"""Images and files: uploaded once, named by a key in messages, downloaded from the message that carries them."""

from __future__ import annotations

import msgspec

from kuaihui.emulators.feishu.call import Answer, Call, Download, Operation, Part
from kuaihui.emulators.feishu.errors import BAD_FIELD, FILE_TOO_BIG, NO_CARD_RESOURCE, NO_SUCH_FILE, Rejected
from kuaihui.emulators.feishu.messages import message_of
from kuaihui.emulators.feishu.records import Upload

LARGEST_IMAGE = 10 * 1024 * 1024
LARGEST_FILE = 30 * 1024 * 1024


def upload_image(call: Call) -> Answer:
    """Keep an image of up to 10 MB for messages (or as an avatar)."""
    if call.form.get("image_type") not in {"message", "avatar"}:
        raise BAD_FIELD.because("image_type is message or avatar")
    return {"image_key": _keep(call, "image", "img_", LARGEST_IMAGE)}


def upload_file(call: Call) -> Answer:
    """Keep a file of up to 30 MB for messages."""
    if not call.form.get("file_type") or not call.form.get("file_name"):
        raise BAD_FIELD.because("file_type and file_name are required")
    return {"file_key": _keep(call, "file", "file_", LARGEST_FILE)}


def _keep(call: Call, field: str, prefix: str, most: int) -> str:
    part: Part | None = call.files.get(field)
    if part is None or not part.content:
        raise BAD_FIELD.because(f"{field} is required, as a file with a name")
    if len(part.content) > most:
        raise Rejected(FILE_TOO_BIG)
    upload = Upload(call.world.new_id(prefix), call.form.get("file_name", part.name), part.content, call.app.app_id)
    call.world.uploads[upload.key] = upload
    return upload.key


def download(call: Call) -> Answer:
    """The file a message carries; not for cards."""
    message, key = message_of(call), call.path["file_key"]
    if message.kind == "interactive":
        raise Rejected(NO_CARD_RESOURCE)
    if key not in _keys(message.content) or key not in call.world.uploads:
        raise Rejected(NO_SUCH_FILE)
    kept = call.world.uploads[key]
    return Download(kept.name, kept.content)


def _keys(content: str) -> str:
    return msgspec.json.encode(msgspec.json.decode(content)).decode()


OPERATIONS = [
    Operation("im.v1.image.create", "POST", "im/v1/images", upload_image, "T"),
    Operation("im.v1.file.create", "POST", "im/v1/files", upload_file, "T"),
    Operation("im.v1.message_resource.get", "GET", "im/v1/messages/{message_id}/resources/{file_key}", download, "TU"),
]

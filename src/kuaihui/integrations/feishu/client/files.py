"""Images and files for messages: uploaded once, named by a key, fetched from the message that carries them."""

from __future__ import annotations

import msgspec

from kuaihui.integrations.feishu.client.caller import Ask, Caller, Operation

IMAGE = Operation("im.v1.image.create", "POST", "im/v1/images")
FILE = Operation("im.v1.file.create", "POST", "im/v1/files")
RESOURCE = Operation("im.v1.message_resource.get", "GET", "im/v1/messages/{message_id}/resources/{file_key}")


class _Key(msgspec.Struct):
    image_key: str = ""
    file_key: str = ""


class Files:
    """Uploads and downloads. An upload made twice leaves one that nobody names; that does no harm."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def upload_image(self, content: bytes, name: str = "image.png") -> str:
        """The key of an image of up to 10 MB."""
        ask = Ask(operation=IMAGE, shape=_Key, form={"image_type": "message"}, file=("image", name, content), twice_is_once=True)
        return (await self._caller.ask(ask)).image_key

    async def upload_file(self, content: bytes, name: str) -> str:
        """The key of a file of up to 30 MB."""
        form = {"file_type": "stream", "file_name": name}
        ask = Ask(operation=FILE, shape=_Key, form=form, file=("file", name, content), twice_is_once=True)
        return (await self._caller.ask(ask)).file_key

    async def download(self, message_id: str, key: str, *, is_image: bool = False) -> bytes:
        """A file from somebody's message, not from a card."""
        path = {"message_id": message_id, "file_key": key}
        return await self._caller.download(Ask(operation=RESOURCE, shape=bytes, path=path, query={"type": "image" if is_image else "file"}))

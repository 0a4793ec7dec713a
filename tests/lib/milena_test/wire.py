# SPDX-License-Identifier: Apache-2.0
"""Encodes and decodes any Kafka message at any version, as its schema says.

A message is a dict with the schema's own field names. Encoding takes the default for a field that
is missing and leaves out fields that the version does not have; a name that no version has is an
error. The key "?tags" holds unknown tagged fields ({tag: bytes}), on both ways.
"""

import base64
import struct

from . import schema

UNKNOWN_TAGS = "?tags"
ZERO_UUID = "AAAAAAAAAAAAAAAAAAAAAA"

_NUMBERS = {
    "int8": struct.Struct(">b"),
    "int16": struct.Struct(">h"),
    "uint16": struct.Struct(">H"),
    "int32": struct.Struct(">i"),
    "uint32": struct.Struct(">I"),
    "int64": struct.Struct(">q"),
    "float64": struct.Struct(">d"),
}


class DecodeError(Exception):
    """The bytes are not a message of this schema and version."""


def uuid_text(raw):
    """16 bytes -> Kafka's text form of a UUID: 22 characters of URL-safe base64."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def uuid_bytes(text):
    return base64.urlsafe_b64decode(text + "==")


def put_unsigned_varint(out, value):
    while value > 0x7F:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)


class Reader:
    """Reads forward through bytes; every read past the end is a DecodeError."""

    def __init__(self, data):
        self.data = memoryview(data)
        self.position = 0

    def remaining(self):
        return len(self.data) - self.position

    def take(self, size):
        if size < 0 or size > self.remaining():
            raise DecodeError(f"{size} bytes wanted at {self.position}, {self.remaining()} left")
        self.position += size
        return bytes(self.data[self.position - size : self.position])

    def number(self, kind):
        packing = _NUMBERS[kind]
        return packing.unpack(self.take(packing.size))[0]

    def unsigned_varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise DecodeError("varint too long")

    def varint(self):
        value = self.unsigned_varint()
        return (value >> 1) ^ -(value & 1)


# ------------------------------------------------------------------------------------------------
# Encoding


def encode(message, version, body):
    """message: a schema.Message or its name."""
    message = _message(message)
    out = bytearray()
    _put_struct(out, message, body, version, message.is_flexible(version))
    return bytes(out)


def _message(message):
    return schema.load()[message] if isinstance(message, str) else message


def _put_struct(out, kind, body, version, flexible):
    unknown = set(body) - kind.names - {UNKNOWN_TAGS}
    if unknown:
        raise KeyError(f"{kind.name} has no field {sorted(unknown)}")
    plain, tagged = kind.plan(version)
    for field in plain:
        value = body[field.name] if field.name in body else field.default_value(version)
        try:
            _put_field(out, field, value, version, flexible)
        except (struct.error, TypeError, AttributeError) as problem:
            raise ValueError(f"{kind.name}.{field.name} = {value!r}: {problem}") from problem
    if flexible:
        _put_tags(out, tagged, body, version)


def _put_tags(out, tagged, body, version):
    entries = dict(body.get(UNKNOWN_TAGS, {}))
    for field in tagged:
        default = field.default_value(version)
        value = body.get(field.name, default)
        if value != default:
            content = bytearray()
            if _is_nullable_struct(field, version):  # a tag has another mark for null
                content.append(0 if value is None else 1)
                if value is not None:
                    _put_struct(content, field.struct, value, version, True)
            else:
                _put_field(content, field, value, version, True)
            entries[field.tag] = bytes(content)
    put_unsigned_varint(out, len(entries))
    for tag, content in sorted(entries.items()):
        put_unsigned_varint(out, tag)
        put_unsigned_varint(out, len(content))
        out += content


def _is_nullable_struct(field, version):
    return not field.is_array and field.struct and schema.contains(field.nullable, version)


def _put_field(out, field, value, version, flexible):
    if field.is_array:
        _put_length(out, None if value is None else len(value), "int32", flexible)
        for element in value or []:
            _put_value(out, field, element, version, flexible)
    elif _is_nullable_struct(field, version):
        out += b"\xff" if value is None else b"\x01"
        if value is not None:
            _put_struct(out, field.struct, value, version, flexible)
    else:
        _put_value(out, field, value, version, flexible)


def _put_value(out, field, value, version, flexible):
    kind = field.type
    if field.struct:
        _put_struct(out, field.struct, value, version, flexible)
    elif kind in _NUMBERS:
        out += _NUMBERS[kind].pack(value)
    elif kind == "bool":
        out.append(1 if value else 0)
    elif kind == "uuid":
        out += uuid_bytes(value)
    else:
        compact = flexible and field.flexible != schema.NO_VERSIONS
        raw = value.encode() if isinstance(value, str) else value
        width = "int16" if kind == "string" else "int32"
        _put_length(out, None if raw is None else len(raw), width, compact)
        out += raw or b""


def _put_length(out, length, width, compact):
    if compact:
        put_unsigned_varint(out, 0 if length is None else length + 1)
    else:
        out += _NUMBERS[width].pack(-1 if length is None else length)


# ------------------------------------------------------------------------------------------------
# Decoding


def decode(message, version, data):
    """The whole of data as one message; trailing bytes are a DecodeError."""
    message = _message(message)
    reader = Reader(data)
    body = decode_from(message, version, reader)
    if reader.remaining():
        raise DecodeError(f"{message.name} v{version}: {reader.remaining()} trailing bytes")
    return body


def decode_from(message, version, reader):
    message = _message(message)
    return _get_struct(reader, message, version, message.is_flexible(version))


def _get_struct(reader, kind, version, flexible):
    plain, tagged = kind.plan(version)
    body = {field.name: _get_field(reader, field, version, flexible) for field in plain}
    if not flexible:
        return body
    by_tag = {field.tag: field for field in tagged}
    body.update({field.name: field.default_value(version) for field in tagged})
    for _ in range(reader.unsigned_varint()):
        tag = reader.unsigned_varint()
        content = reader.take(reader.unsigned_varint())
        if tag not in by_tag:
            body.setdefault(UNKNOWN_TAGS, {})[tag] = content
            continue
        inner = Reader(content)
        if _is_nullable_struct(by_tag[tag], version) and inner.number("int8") == 0:
            body[by_tag[tag].name] = None
        elif _is_nullable_struct(by_tag[tag], version):
            body[by_tag[tag].name] = _get_value(inner, by_tag[tag], version, True)
        else:
            body[by_tag[tag].name] = _get_field(inner, by_tag[tag], version, True)
        if inner.remaining():
            raise DecodeError(f"{kind.name}.{by_tag[tag].name}: trailing bytes in the tag")
    return body


def _get_field(reader, field, version, flexible):
    if field.is_array:
        count = _get_length(reader, "int32", flexible)
        if count is None:
            return _null(field, version)
        if count > reader.remaining():
            raise DecodeError(f"{field.name}: {count} elements, {reader.remaining()} bytes left")
        return [_get_value(reader, field, version, flexible) for _ in range(count)]
    if _is_nullable_struct(field, version):
        return None if reader.number("int8") < 0 else _get_value(reader, field, version, flexible)
    return _get_value(reader, field, version, flexible)


def _get_value(reader, field, version, flexible):
    kind = field.type
    if field.struct:
        return _get_struct(reader, field.struct, version, flexible)
    if kind in _NUMBERS:
        return reader.number(kind)
    if kind == "bool":
        return reader.take(1) != b"\0"
    if kind == "uuid":
        return uuid_text(reader.take(16))
    compact = flexible and field.flexible != schema.NO_VERSIONS
    length = _get_length(reader, "int16" if kind == "string" else "int32", compact)
    if length is None:
        return None if field.is_array else _null(field, version)
    raw = reader.take(length)
    return raw.decode() if kind == "string" else raw


def _null(field, version):
    if not schema.contains(field.nullable, version):
        raise DecodeError(f"{field.name} is null, which v{version} does not allow")
    return None


def _get_length(reader, width, compact):
    length = reader.unsigned_varint() - 1 if compact else reader.number(width)
    if length < -1:
        raise DecodeError(f"negative length {length}")
    return None if length == -1 else length


# ------------------------------------------------------------------------------------------------
# Headers and frames

API_VERSIONS = 18


def request_header(request, version, correlation_id, client_id="milena-test"):
    header_version = 2 if request.is_flexible(version) else 1
    return encode(
        "RequestHeader",
        header_version,
        {
            "RequestApiKey": request.api_key,
            "RequestApiVersion": version,
            "CorrelationId": correlation_id,
            "ClientId": client_id,
        },
    )


def request_frame(api, version, body, correlation_id=1, client_id="milena-test"):
    """The bytes of one request with its size in front; body is a dict or ready bytes."""
    request = schema.load().request(api)
    content = body if isinstance(body, bytes) else encode(request, version, body)
    head = request_header(request, version, correlation_id, client_id)
    return struct.pack(">i", len(head) + len(content)) + head + content


def decode_response(api, version, frame):
    """(correlation id, body) of one response frame without its size.

    ApiVersions may answer in v0 with UNSUPPORTED_VERSION to a version that the broker lacks.
    """
    response = schema.load().response(api)
    reader = Reader(frame)
    flexible = response.is_flexible(version) and response.api_key != API_VERSIONS
    header = decode_from("ResponseHeader", 1 if flexible else 0, reader)
    content = frame[reader.position :]
    if response.api_key == API_VERSIONS and content[:2] == struct.pack(">h", 35):
        version = 0
    return header["CorrelationId"], decode(response, version, content)

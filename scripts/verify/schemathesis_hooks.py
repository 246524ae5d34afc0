"""What schemathesis does not know of the API's media types."""

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(_context, value):
    """A body of the import: schemathesis makes up a text, or something else that has to be refused."""
    return value if isinstance(value, bytes) else str(value).encode()

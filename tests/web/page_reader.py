"""A page as a browser would read it."""

import json
from collections import Counter
from html.parser import HTMLParser


class Read(HTMLParser):
    """Tags, attributes, the text of scripts and styles, and the data."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts = Counter(), [], {"script": [], "style": []}
        self.data = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.kind = dict(attrs).get("type")

    def handle_data(self, data):
        if self.cdata_elem in self.texts:
            if self.kind == "application/json":
                self.data = json.loads(data)
            else:
                self.texts[self.cdata_elem].append(data)

    @property
    def policy(self):
        """Directive of the Content-Security-Policy -> its sources."""
        (found,) = [
            v for t, n, v in self.attributes if t == "meta" and n == "content" and "-src" in v
        ]
        return dict(part.strip().split(" ", 1) for part in found.split(";"))

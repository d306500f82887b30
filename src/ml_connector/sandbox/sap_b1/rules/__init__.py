"""The rules of the books that several kinds of documents share."""

"""Models: a backbone with neck and classifier, how it is built, and how it lies on the disk."""

"""What a professional does with a mail: the pages that its links open, without a login."""

"""Mail out: what is due is claimed, composed, signed and handed to the mail server; and what comes back."""

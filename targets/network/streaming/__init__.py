"""Many ranges of bytes at once: answers in several parts, requests in flight, and what is known of a host."""

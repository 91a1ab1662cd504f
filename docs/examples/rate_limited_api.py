"""An API client with a rate limit: a page a request, and the service allows 50 requests a second."""

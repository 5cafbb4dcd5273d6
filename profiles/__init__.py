"""Who the customer is: facts with their source, purpose and expiry, identity, and the contacts so far."""

"""All customers of a tenant on one page: segments, journeys, risks, the quality of what is known."""

"""What a company knows: past cases, articles, categories, their vectors, and search over them."""
